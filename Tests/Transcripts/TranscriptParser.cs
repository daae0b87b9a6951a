using System.Text.RegularExpressions;

namespace Krewe.Tests.Transcripts;

/// <summary>
/// Reads a transcript: a title that cites its section, then steps. A step begins in the first column; indented lines continue it, and those that begin with
/// <c>#</c> are comments. <c>Tests/Transcripts/README.md</c> lists the verbs.
/// </summary>
internal static partial class TranscriptParser
{
    public static Transcript Parse(string name, string text)
    {
        var lines = text.ReplaceLineEndings("\n").Split('\n');
        if (!Title().IsMatch(lines[0]))
        {
            throw new FormatException($"{name}:1: a transcript begins with '# RFC nnnn §n: what it asks for'");
        }

        var steps = new List<TranscriptStep>();
        for (var i = 1; i < lines.Length; i++)
        {
            var line = lines[i].TrimEnd();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            if (line[0] is ' ' or '\t')
            {
                if (steps.Count == 0)
                {
                    throw new FormatException($"{name}:{i + 1}: continues nothing");
                }

                steps[^1] = Continue(steps[^1], line.Trim());
                continue;
            }

            steps.Add(ParseStep(name, i + 1, line));
        }

        return new Transcript(name, lines[0][1..].Trim(), steps);
    }

    private static TranscriptStep ParseStep(string name, int number, string line)
    {
        var match = World().Match(line) is { Success: true } world ? world : Actor().Match(line);
        return match.Success
            ? new TranscriptStep(number, match.Groups["subject"].Value.Trim(), match.Groups["verb"].Value, match.Groups["payload"].Value.Trim())
            : throw new FormatException($"{name}:{number}: not a step: {line}");
    }

    // Between elements no white space is meant; within a tag or a JSON document it is.
    private static TranscriptStep Continue(TranscriptStep step, string line) =>
        step with { Payload = step.Payload.Length == 0 ? line : step.Payload.EndsWith('>') ? step.Payload + line : $"{step.Payload} {line}" };

    [GeneratedRegex(@"^# (RFC \d+|XEP-\d+|Contract|Issue|Specs)[^:]*: \S")]
    private static partial Regex Title();

    [GeneratedRegex(@"^(?<verb>host|accounts|hook|connected|interested|online|component|refresh|http|settle)\b(?<subject>[^:]*)(:\s*(?<payload>.*))?$")]
    private static partial Regex World();

    [GeneratedRegex(@"^(?<subject>\S+)\s+(?<verb>sends|receives in any order|receives nothing yet|receives nothing|receives|connects as a component|connects over TLS|connects|starts TLS|opens a stream|logs in|authenticates|loses its connection|is closed)(\s*:?\s*(?<payload>.*))$")]
    private static partial Regex Actor();
}
