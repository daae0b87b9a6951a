using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Krewe.Tests.Fuzz;

/// <summary>Generates first-level elements, mostly well-formed, with everything in them that XML for XMPP may hold.</summary>
internal static class XmlDocuments
{
    private static readonly string[] s_prefixes = ["p", "q", "x", "stream", "xml"];
    private static readonly string[] s_namespaces = ["jabber:client", "urn:x", "urn:&#120;", "jabber:server", "http://etherx.jabber.org/streams", "it's"];
    private static readonly string[] s_names = ["message", "iq", "presence", "a", "b-2", "c.d", "_e", "élan"];
    private static readonly string[] s_texts =
        ["x", " ", "\t\n", "\r\n", "é", "日本語", "\U0001F600", "]", "]]", "&amp;", "&#65;", "&#x1F600;", "&lt;", ">", "'", "\"", "=", "/", "long text without anything special in it"];

    public static Gen<string> Element { get; } = Gen.Choose(0, int.MaxValue - 1).Select(seed => WriteElement(new Random(seed), 0));

    /// <summary>Some elements one after the other.</summary>
    public static Gen<string[]> Elements { get; } = Gen.Choose(1, 4).SelectMany(count => Gen.ArrayOf(Element, count));

    /// <summary>As above, with one or two places changed, so that about half are no longer well-formed.</summary>
    public static Gen<string> Mutated { get; } = Elements.SelectMany(xml => Gen.Choose(0, int.MaxValue - 1).Select(seed => Mutate(string.Concat(xml), new Random(seed))));

    private static string WriteElement(Random random, int depth)
    {
        var prefix = random.Next(4) == 0 ? Pick(random, s_prefixes) : "";
        var name = (prefix is "" or "xml" ? "" : prefix + ":") + Pick(random, s_names);
        var attributes = new Dictionary<string, string>();
        if (prefix is "p" or "q" && random.Next(20) > 0)
        {
            attributes[$"xmlns:{prefix}"] = "urn:x";
        }

        for (var i = random.Next(5); i > 0; i--)
        {
            AddAttribute(random, attributes);
        }

        var tag = new StringBuilder("<").Append(name);
        foreach (var (key, value) in attributes)
        {
            var quote = value.Contains('\'') ? '"' : '\'';
            tag.Append(Space(random, 1)).Append(key).Append(Space(random, 0)).Append('=').Append(Space(random, 0)).Append(quote).Append(value).Append(quote);
        }

        tag.Append(Space(random, 0));
        if (random.Next(4) == 0)
        {
            return tag.Append("/>").ToString();
        }

        tag.Append('>');
        for (var i = random.Next(4); i > 0; i--)
        {
            tag.Append(random.Next(3) switch
            {
                0 when depth < 6 => WriteElement(random, depth + 1),
                1 when random.Next(3) == 0 => "<![CDATA[" + Pick(random, s_texts) + "<&" + "]]>",
                _ => Pick(random, s_texts),
            });
        }

        return tag.Append("</").Append(name).Append(Space(random, 0)).Append('>').ToString();
    }

    private static void AddAttribute(Random random, Dictionary<string, string> attributes)
    {
        var value = string.Concat(Enumerable.Range(0, random.Next(3)).Select(_ => Pick(random, s_texts))).Replace("\"", "&quot;");
        switch (random.Next(8))
        {
            case 0:
                attributes["xmlns"] = random.Next(4) == 0 ? "" : Pick(random, s_namespaces);
                break;
            case 1:
                attributes["xmlns:" + Pick(random, ["p", "q", "x"])] = Pick(random, s_namespaces);
                break;
            case 2:
                attributes[Pick(random, s_prefixes) + ":" + Pick(random, ["a", "lang"])] = value;
                break;
            default:
                attributes[Pick(random, ["to", "from", "id", "type", "a", "élan", "xmlns-not"])] = random.Next(3) == 0 ? "get" : value;
                break;
        }
    }

    private static string Mutate(string xml, Random random)
    {
        string[] pieces = ["<", ">", "/", "'", "\"", "&", ";", "]]>", "<!--x-->", "<?x y?>", "<![CDATA[", "<!DOCTYPE a>", "&nbsp;", "&#0;", "\u0001", "\uFFFE", " ", "=", ":", "xmlns:p=''", "</a>", "x"];
        for (var i = random.Next(1, 3); i > 0 && xml.Length > 0; i--)
        {
            var at = random.Next(xml.Length);
            var length = Math.Min(random.Next(4), xml.Length - at);
            xml = random.Next(3) switch
            {
                0 => xml.Remove(at, length),
                1 => xml.Insert(at, Pick(random, pieces)),
                _ => xml.Insert(random.Next(xml.Length), xml.Substring(at, length)),
            };
        }

        return xml;
    }

    private static string Space(Random random, int min) => random.Next(6) == 0 ? Pick(random, ["  ", "\n", "\t ", "\r\n"]) : new string(' ', min);

    private static string Pick(Random random, string[] from) => from[random.Next(from.Length)];
}
