using System.Globalization;
using System.Text;

namespace Krewe.Tests.Unit.Observability;

/// <summary>A strict reader of OpenMetrics text 1.0, as far as Krewe writes it: what a scraper might stumble over is an exception here.</summary>
internal sealed class OpenMetricsText
{
    private readonly Dictionary<string, double> _samples = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _types = new(StringComparer.Ordinal);

    private OpenMetricsText()
    {
    }

    public IReadOnlyDictionary<string, string> Types => _types;

    public IReadOnlyDictionary<string, double> Samples => _samples;

    /// <summary>The value of a sample, its labels sorted: <c>name{a="1",b="2"}</c>.</summary>
    public double this[string sample] => _samples.TryGetValue(sample, out var value) ? value : throw new KeyNotFoundException($"{sample} is not among\n{string.Join('\n', _samples.Keys)}");

    public static OpenMetricsText Parse(string text)
    {
        if (!text.EndsWith("# EOF\n", StringComparison.Ordinal) || text.Contains('\r', StringComparison.Ordinal))
        {
            throw new FormatException("does not end with # EOF and a line feed, or has carriage returns");
        }

        var result = new OpenMetricsText();
        var family = "";
        foreach (var line in text[..^"# EOF\n".Length].Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("# ", StringComparison.Ordinal))
            {
                family = result.Metadata(line, family);
            }
            else
            {
                result.Sample(line, family);
            }
        }

        result.CheckHistograms();
        return result;
    }

    private string Metadata(string line, string family)
    {
        var parts = line.Split(' ', 4);
        switch (parts[1])
        {
            case "TYPE":
                if (parts[3] is not ("counter" or "gauge" or "histogram") || !_types.TryAdd(parts[2], parts[3]))
                {
                    throw new FormatException($"unknown type, or a family that is not in one piece: {line}");
                }

                return parts[2];
            case "UNIT" when parts[2] == family && family.EndsWith($"_{parts[3]}", StringComparison.Ordinal):
            case "HELP" when parts[2] == family && parts[3].Length > 0:
                return family;
            default:
                throw new FormatException($"not in its place: {line}");
        }
    }

    private void Sample(string line, string family)
    {
        var nameEnd = line.AsSpan().IndexOfAny('{', ' ');
        var name = line[..nameEnd];
        var at = nameEnd;
        var labels = line[at] == '{' ? Labels(line, ref at) : [];
        string[] suffixes = _types[family] switch { "counter" => ["_total"], "gauge" => [""], _ => ["_bucket", "_count", "_sum"] };
        if (!suffixes.Any(suffix => name == family + suffix) || line[at] != ' ')
        {
            throw new FormatException($"not a sample of {family}: {line}");
        }

        var number = line[(at + 1)..];
        var value = number == "+Inf" ? double.PositiveInfinity : double.Parse(number, NumberStyles.Float, CultureInfo.InvariantCulture);
        var key = labels.Count == 0 ? name : $"{name}{{{string.Join(',', labels.Select(label => $"{label.Key}=\"{label.Value}\""))}}}";
        if (!_samples.TryAdd(key, value) || (_types[family] != "gauge" && !(value >= 0)))
        {
            throw new FormatException($"twice, or negative: {line}");
        }
    }

    private static SortedDictionary<string, string> Labels(string line, ref int at)
    {
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        at++;
        while (line[at] != '}')
        {
            var equals = line.IndexOf('=', at);
            var name = line[at..equals];
            if (line[equals + 1] != '"' || !name.All(character => char.IsAsciiLetterOrDigit(character) || character == '_') || char.IsAsciiDigit(name[0]))
            {
                throw new FormatException($"bad label: {line}");
            }

            var value = new StringBuilder();
            for (at = equals + 2; line[at] != '"'; at++)
            {
                value.Append(line[at] != '\\' ? line[at] : line[++at] switch { 'n' => '\n', '"' => '"', '\\' => '\\', _ => throw new FormatException($"bad escape: {line}") });
            }

            labels.Add(name, value.ToString());
            at += line[at + 1] == ',' ? 2 : 1;
        }

        at++;
        return labels;
    }

    private void CheckHistograms()
    {
        foreach (var (family, _) in _types.Where(type => type.Value == "histogram"))
        {
            foreach (var (key, infinite) in _samples.Where(sample => sample.Key.StartsWith($"{family}_bucket", StringComparison.Ordinal) && sample.Key.Contains("le=\"+Inf\"", StringComparison.Ordinal)))
            {
                var labels = key[$"{family}_bucket".Length..].Replace("le=\"+Inf\"", "", StringComparison.Ordinal).Replace(",}", "}", StringComparison.Ordinal).Replace("{}", "", StringComparison.Ordinal);
                if (!this[$"{family}_count{labels}"].Equals(infinite))
                {
                    throw new FormatException($"{family}: the last bucket is not the count");
                }
            }
        }
    }
}
