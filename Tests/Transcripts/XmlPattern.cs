using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Krewe.Tests.Transcripts;

/// <summary>
/// Compares XML as canonical XML is compared: the order of attributes, prefixes and quotes say nothing. In the expected one, <c>{any}</c> stands for anything,
/// <c>{capture:x}</c> for anything that is then <c>{x}</c>, and <c>{new:x}</c> for what no capture held before.
/// </summary>
internal sealed partial class XmlPattern
{
    private static readonly string[] ErrorTexts = ["urn:ietf:params:xml:ns:xmpp-stanzas", "urn:ietf:params:xml:ns:xmpp-streams"];

    private readonly Dictionary<string, string> _captures = new(StringComparer.Ordinal);

    /// <summary>The captured values in a text that is sent.</summary>
    public string Fill(string text) => Placeholder().Replace(text, match =>
        match.Groups["kind"].Length == 0 && _captures.TryGetValue(match.Groups["name"].Value, out var value) ? value : match.Value);

    /// <summary>Null when it matches, else where it does not.</summary>
    public string? Mismatch(XElement expected, XElement actual)
    {
        // What matches only in part leaves no captures behind.
        var before = new Dictionary<string, string>(_captures, StringComparer.Ordinal);
        var mismatch = Compare(expected, actual, expected.Name.LocalName);
        if (mismatch is not null)
        {
            _captures.Clear();
            foreach (var (name, value) in before)
            {
                _captures[name] = value;
            }
        }

        return mismatch;
    }

    private string? Compare(XElement expected, XElement actual, string path)
    {
        if (expected.Name != actual.Name)
        {
            return $"{path}: expected {expected.Name}, came {actual.Name}";
        }

        foreach (var attribute in expected.Attributes().Where(attribute => !attribute.IsNamespaceDeclaration))
        {
            if (actual.Attribute(attribute.Name) is not { } other)
            {
                return $"{path}: no attribute {attribute.Name}";
            }

            if (!Matches(attribute.Value, other.Value))
            {
                return $"{path}/@{attribute.Name}: expected {attribute.Value}, came {other.Value}";
            }
        }

        if (actual.Attributes().FirstOrDefault(attribute => !attribute.IsNamespaceDeclaration && expected.Attribute(attribute.Name) is null) is { } extra)
        {
            return $"{path}: unexpected attribute {extra.Name}='{extra.Value}'";
        }

        if (expected is { HasElements: false, Value: "{any}" })
        {
            return null;
        }

        var (wanted, came) = (Content(expected), Content(actual));
        // RFC 6120 §4.9.2, §8.3.2: a text is optional, and for people.
        came.RemoveAll(node => node is XElement { Name.LocalName: "text" } text && ErrorTexts.Contains(text.Name.NamespaceName)
            && !wanted.OfType<XElement>().Any(element => element.Name == text.Name));
        for (var i = 0; i < Math.Max(wanted.Count, came.Count); i++)
        {
            if (i >= wanted.Count || i >= came.Count)
            {
                return i >= wanted.Count ? $"{path}: unexpected {came[i]}" : $"{path}: missing {wanted[i]}";
            }

            var mismatch = (wanted[i], came[i]) switch
            {
                (XElement a, XElement b) => Compare(a, b, $"{path}/{a.Name.LocalName}"),
                (XText a, XText b) => Matches(a.Value, b.Value) ? null : $"{path}: expected '{a.Value}', came '{b.Value}'",
                var (a, b) => $"{path}: expected {a}, came {b}",
            };
            if (mismatch is not null)
            {
                return mismatch;
            }
        }

        return null;
    }

    /// <summary>Elements and merged text; white space between elements is nothing.</summary>
    private static List<XNode> Content(XElement element)
    {
        var content = new List<XNode>();
        foreach (var node in element.Nodes())
        {
            if (node is XText text)
            {
                if (content is [.., XText before])
                {
                    content[^1] = new XText(before.Value + text.Value);
                }
                else
                {
                    content.Add(new XText(text.Value));
                }
            }
            else
            {
                content.Add(node);
            }
        }

        if (element.HasElements)
        {
            content.RemoveAll(node => node is XText text && string.IsNullOrWhiteSpace(text.Value));
        }

        return content;
    }

    private bool Matches(string pattern, string value)
    {
        if (!pattern.Contains('{'))
        {
            return pattern == value;
        }

        var regex = new StringBuilder("^");
        var names = new List<(string Name, bool IsNew)>();
        var last = 0;
        foreach (Match match in Placeholder().Matches(pattern))
        {
            regex.Append(Regex.Escape(pattern[last..match.Index]));
            last = match.Index + match.Length;
            var (kind, name) = (match.Groups["kind"].Value, match.Groups["name"].Value);
            if (kind.Length > 0)
            {
                names.Add((name, kind == "new:"));
                regex.Append("(.+)");
            }
            else
            {
                regex.Append(name == "any" ? ".*" : Regex.Escape(_captures.TryGetValue(name, out var known) ? known : match.Value));
            }
        }

        regex.Append(Regex.Escape(pattern[last..])).Append('$');
        var found = Regex.Match(value, regex.ToString(), RegexOptions.Singleline | RegexOptions.CultureInvariant);
        if (!found.Success)
        {
            return false;
        }

        for (var i = 0; i < names.Count; i++)
        {
            var captured = found.Groups[i + 1].Value;
            if (names[i].IsNew && _captures.ContainsValue(captured))
            {
                return false;
            }

            _captures[names[i].Name] = captured;
        }

        return true;
    }

    [GeneratedRegex(@"\{(?<kind>capture:|new:|)(?<name>[a-z][a-z0-9]*)\}")]
    private static partial Regex Placeholder();
}
