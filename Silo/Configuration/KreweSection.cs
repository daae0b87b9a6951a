using Microsoft.Extensions.Configuration;

namespace Krewe.Silo.Configuration;

/// <summary>The configuration section while it is read: remembers which keys there are and every problem, so that one start tells them all.</summary>
internal sealed class KreweSection(IConfiguration configuration)
{
    public const string Name = "Krewe";

    private readonly IConfigurationSection _section = configuration.GetSection(Name);
    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _problems = [];

    public delegate string? Parser<T>(string text, out T value);

    public IReadOnlyList<string> Problems => _problems;

    /// <summary>The key's text, null when it is not set. A key that is set to nothing counts as not set, unless nothing has a meaning of its own.</summary>
    public string? Text(string key, bool isEmptyMeant = false)
    {
        _known.Add(key);
        return _section[key]?.Trim() is { } text && (text.Length > 0 || isEmptyMeant) ? text : null;
    }

    public T Value<T>(string key, string? text, T fallback, Parser<T> parse)
    {
        if (text is null)
        {
            return fallback;
        }

        if (parse(text, out var value) is not { } problem)
        {
            return value;
        }

        Refuse(key, problem);
        return fallback;
    }

    public void Refuse(string key, string problem) => _problems.Add($"{Name}:{key} {problem}");

    public void Refuse(IReadOnlyList<string> keys, string problem) => _problems.Add($"{string.Join(", ", keys.Select(key => $"{Name}:{key}"))} {problem}");

    /// <summary>Every set key below <paramref name="prefix"/>.</summary>
    public List<string> KeysBelow(string prefix) =>
        [.. Keys().Where(key => key.StartsWith($"{prefix}:", StringComparison.OrdinalIgnoreCase) || key.Equals(prefix, StringComparison.OrdinalIgnoreCase))];

    /// <summary>A misspelt key would otherwise be a setting that silently does nothing.</summary>
    public void RefuseUnknown(string except)
    {
        if (_section.Value is not null)
        {
            _problems.Add($"{Name} is a section and has no value of its own");
        }

        foreach (var key in Keys().Except(KeysBelow(except)).Where(key => !_known.Contains(key)))
        {
            Refuse(key, "is not a key of Krewe's");
        }
    }

    private IEnumerable<string> Keys() =>
        _section.AsEnumerable(makePathsRelative: true).Where(pair => pair.Key.Length > 0 && pair.Value is not null).Select(pair => pair.Key).Order(StringComparer.Ordinal);
}
