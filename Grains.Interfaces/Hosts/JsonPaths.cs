namespace Krewe.Contracts.Hosts;

/// <summary>Normalized JSON paths (RFC 9535 §2.7), with the short form for names that need no quoting.</summary>
public static class JsonPaths
{
    public const string Root = "$";

    public static string Member(string parent, string name) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_')
            ? $"{parent}.{name}"
            : $"{parent}['{name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}']";

    public static string Item(string parent, int index) => $"{parent}[{index}]";
}
