using System.Globalization;
using System.Text;

namespace Krewe.Frontend.Observability;

/// <summary>Names, labels and numbers as OpenMetrics 1.0 spells them.</summary>
internal static class MetricNames
{
    /// <summary>A family's name: dots become underscores, and a unit that has a base name of its own is the name's end.</summary>
    public static string Of(string instrument, string? instrumentUnit, out string? unit)
    {
        unit = instrumentUnit switch { "s" => "seconds", "By" => "bytes", _ => null };
        var name = Clean(instrument);
        return unit is null || name.EndsWith($"_{unit}", StringComparison.Ordinal) ? name : $"{name}_{unit}";
    }

    /// <summary>A label set without its braces, its labels sorted; empty for no tags. <paramref name="host"/> is written in place of the tag's.</summary>
    public static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags, string? host)
    {
        if (tags.IsEmpty)
        {
            return "";
        }

        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in tags)
        {
            labels[Clean(key)] = key == TagSet.HostKey && host is not null ? host : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
        }

        var text = new StringBuilder();
        foreach (var (name, value) in labels)
        {
            text.Append(text.Length > 0 ? "," : "").Append(name).Append("=\"");
            Escape(text, value).Append('"');
        }

        return text.ToString();
    }

    public static StringBuilder Escape(StringBuilder text, string value)
    {
        foreach (var character in value)
        {
            _ = character switch
            {
                '\\' => text.Append(@"\\"),
                '"' => text.Append("\\\""),
                '\n' => text.Append(@"\n"),
                _ => text.Append(character),
            };
        }

        return text;
    }

    /// <summary>Whole numbers without a point, infinities and not-a-number in the standard's spelling.</summary>
    public static string Number(double value) =>
        double.IsNaN(value) ? "NaN"
        : double.IsPositiveInfinity(value) ? "+Inf"
        : double.IsNegativeInfinity(value) ? "-Inf"
        : value.ToString("R", CultureInfo.InvariantCulture).ToLowerInvariant();

    /// <summary>A bucket's bound, always with a point or an exponent ("1.0"), so that every scraper names the bucket alike.</summary>
    public static string Bound(double value) => Number(value) is var text && text.AsSpan().IndexOfAny(".eI") >= 0 ? text : text + ".0";

    private static string Clean(string name)
    {
        var text = new StringBuilder(name.Length);
        foreach (var character in name)
        {
            var isDigit = char.IsAsciiDigit(character);
            text.Append(isDigit && text.Length == 0 ? "_" : "").Append(isDigit || char.IsAsciiLetter(character) ? character : '_');
        }

        return text.ToString();
    }
}
