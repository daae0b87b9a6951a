using System.Buffers;
using System.Text;
using System.Xml;
using FsCheck;
using FsCheck.Fluent;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;
using Krewe.Tests.Unit.Xml;
using XmlNode = Krewe.Frontend.Xml.XmlNode;
using XmlText = Krewe.Frontend.Xml.XmlText;

namespace Krewe.Tests.Fuzz;

/// <summary>The framer and the reader against System.Xml: both take the same documents for well-formed and see the same in them.</summary>
public sealed class XmlAgreementTests
{
    private const string Header = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' xmlns:x='urn:x'>";
    private static readonly Config s_config = Config.QuickThrowOnFailure.WithMaxTest(3000);

    [Fact]
    public void Documents_ThatAreMutated_AreTakenByBothOrNone()
    {
        int accepted = 0, refused = 0;
        Check.One(s_config, Prop.ForAll(XmlDocuments.Mutated.ToArbitrary(), xml =>
        {
            var said = FramerRun.Whole(Header + xml + "</stream:stream>")[^1];
            // Rules of XMPP that plain XML does not have.
            if (said is "bad-format" or "bad-namespace-prefix")
            {
                return true;
            }

            var isAccepted = said == "more ";
            _ = isAccepted ? accepted++ : refused++;

            return isAccepted == IsAcceptedBySystemXml(Header + InFourthEdition(xml) + "</stream:stream>");
        }));

        Assert.True(accepted > 300 && refused > 300, $"{accepted} accepted, {refused} refused: no test of agreement");
    }

    /// <summary>
    /// In names System.Xml has the characters of XML 1.0's fourth edition. The fifth, which holds here, adds those beyond U+FFFF and U+FFFD, which stands for half a
    /// character that a mutation left: a letter that both know takes their place.
    /// </summary>
    private static string InFourthEdition(string xml) =>
        string.Concat(xml.EnumerateRunes().Select(rune => rune.IsBmp && rune != Rune.ReplacementChar ? rune.ToString() : "ж"));

    [Fact]
    public void Documents_InAnySegmentation_GiveTheSameFrames()
        => Check.One(s_config.WithMaxTest(600), Prop.ForAll(
            XmlDocuments.Mutated.ToArbitrary(),
            Gen.Choose(1, 9).ToArbitrary(),
            (xml, step) =>
            {
                var bytes = Encoding.UTF8.GetBytes(Header + xml + "</stream:stream>");
                var whole = FramerRun.Whole(bytes);
                int[] cuts = [.. Enumerable.Range(1, bytes.Length - 1).Where(cut => cut % step == 0)];
                return whole.SequenceEqual(FramerRun.InPieces(bytes, cuts, asSegments: true))
                    && whole.SequenceEqual(FramerRun.InPieces(bytes, cuts, asSegments: false));
            }));

    [Fact]
    public void Bytes_ThatAreRandom_GiveTheSameInAnySegmentation()
        => Check.One(s_config.WithMaxTest(1000), Prop.ForAll(
            XmlDocuments.Element.ToArbitrary(),
            Gen.Choose(0, int.MaxValue - 1).ToArbitrary(),
            (xml, seed) =>
            {
                var bytes = Encoding.UTF8.GetBytes(Header + xml);
                var random = new System.Random(seed);
                bytes[random.Next(Header.Length, bytes.Length)] = (byte)random.Next(256);
                bytes[random.Next(Header.Length, bytes.Length)] = (byte)random.Next(256);
                return FramerRun.Whole(bytes).SequenceEqual(FramerRun.InPieces(bytes, Enumerable.Range(1, bytes.Length), asSegments: seed % 2 == 0));
            }));

    [Fact]
    public void Elements_AreCutWhereTheyEnd_AndReadAsSystemXmlReadsThem()
    {
        var compared = 0;
        Check.One(s_config, Prop.ForAll(XmlDocuments.Elements.ToArbitrary(), elements =>
        {
            var xml = Header + string.Join('\n', elements) + "</stream:stream>";
            if (!IsAcceptedBySystemXml(xml))
            {
                return true;
            }

            var framer = new StanzaFramer(262_144);
            var buffer = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(xml));
            framer.TryRead(ref buffer, out _);
            try
            {
                foreach (var element in elements)
                {
                    Assert.True(framer.TryRead(ref buffer, out var frame));
                    Assert.Equal(element, Encoding.UTF8.GetString(frame.Bytes));
                    AssertHead(frame);
                    if (!frame.Head.UsesStreamPrefix)
                    {
                        Assert.Equal(ReadWithSystemXml(element), ReadWithOurs(frame.Bytes.FirstSpan));
                        compared++;
                    }
                }
            }
            catch (StreamException exception)
            {
                return exception.Condition == StreamErrorCondition.BadNamespacePrefix;
            }

            return true;
        }));

        Assert.True(compared > 1000, $"{compared} compared");
    }

    [Fact]
    public void Reader_OfGarbage_Ends()
        => Check.One(s_config, Prop.ForAll(XmlDocuments.Mutated.ToArbitrary(), Gen.Choose(0, 400).ToArbitrary(), (xml, cut) =>
        {
            var bytes = Encoding.UTF8.GetBytes(xml)[Math.Min(cut / 2, xml.Length)..];
            bytes = bytes[..Math.Min(cut, bytes.Length)];
            var reader = new XmlElementReader(bytes);
            var nodes = 0;
            while (reader.Read())
            {
                _ = reader.Namespace + reader.LocalName + reader.Text;
                reader.TryGetAttribute("to"u8, out _);
                Assert.True(++nodes <= 2 * bytes.Length + 2);
            }

            var skipping = new XmlElementReader(bytes);
            while (skipping.Read())
            {
                _ = skipping.Depth == 1 ? skipping.ReadText().Length : skipping.OuterXml().Length;
            }

            return reader.Node == XmlNode.None;
        }));

    [Fact]
    public void Writer_OfAnyText_IsReadBack()
        => Check.One(s_config, Prop.ForAll<string>(text =>
        {
            text = new string([.. (text ?? "").Where(c => c is '\t' or '\n' or '\r' or >= ' ' and < '\uD800' or > '\uDFFF' and < '\uFFFE')]);
            var output = new ArrayBufferWriter<byte>();
            var writer = new XmppWriter(output);
            writer.Raw("<message"u8);
            writer.Attribute("id"u8, text);
            writer.Raw(">"u8);
            writer.Text(text);
            writer.Raw("</message>"u8);
            Assert.Equal(3, FramerRun.Whole([.. Encoding.UTF8.GetBytes(Header), .. output.WrittenSpan]).Count);
            var reader = new XmlElementReader(output.WrittenSpan);
            Assert.True(reader.Read() && reader.TryGetAttribute("id"u8, out var id) && id == text);
            return reader.ReadText() == text;
        }));

    private static void AssertHead(Frame frame)
    {
        var bytes = frame.Bytes.FirstSpan;
        var reader = new XmlElementReader(bytes);
        Assert.True(reader.Read());
        Assert.True(reader.NameIs(frame.Head.Name(bytes)));
        Assert.Equal(frame.Head.HasTo, reader.TryGetAttribute("to"u8, out var to));
        Assert.Equal(to ?? "", XmlText.DecodeValue(frame.Head.To(bytes)));
        Assert.Equal(frame.Head.HasLang, reader.TryGetAttribute("xml:lang"u8, out var lang));
        Assert.Equal(lang ?? "", XmlText.DecodeValue(frame.Head.Lang(bytes)));
        var children = 0;
        while (reader.Read())
        {
            if (reader.Node == XmlNode.Start && reader.Depth == 1 && children++ == 0)
            {
                Assert.True(reader.NameIs(frame.Head.FirstChildName(bytes)));
            }
        }

        Assert.Equal(children, frame.Head.ChildElements);
    }

    private static bool IsAcceptedBySystemXml(string xml)
    {
        try
        {
            using var reader = OpenSystemXml(xml);
            while (reader.Read())
            {
                if (reader.NodeType is XmlNodeType.Comment or XmlNodeType.ProcessingInstruction)
                {
                    return false;
                }
            }

            return true;
        }
        catch (XmlException)
        {
            return false;
        }
    }

    private static XmlReader OpenSystemXml(string xml)
        => XmlReader.Create(new MemoryStream(Encoding.UTF8.GetBytes(xml)), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit });

    private static List<string> ReadWithSystemXml(string element)
    {
        // In the stream's default namespace, as the reader takes it.
        using var reader = OpenSystemXml("<r xmlns='jabber:client'>" + element + "</r>");
        var seen = new List<string>();
        while (reader.Read())
        {
            switch (reader.NodeType)
            {
                case XmlNodeType.Element when reader.Depth > 0:
                    var isEmpty = reader.IsEmptyElement;
                    var line = $"+{reader.Depth - 1} {reader.NamespaceURI} {reader.LocalName}";
                    var attributes = new List<string>();
                    while (reader.MoveToNextAttribute())
                    {
                        attributes.Add($" {reader.Name}={reader.Value}");
                    }

                    reader.MoveToElement();
                    seen.Add(line + string.Concat(attributes.Order(StringComparer.Ordinal)));
                    if (isEmpty)
                    {
                        seen.Add($"-{reader.Depth - 1} {reader.NamespaceURI} {reader.LocalName}");
                    }

                    break;
                case XmlNodeType.EndElement when reader.Depth > 0:
                    seen.Add($"-{reader.Depth - 1} {reader.NamespaceURI} {reader.LocalName}");
                    break;
                case XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace:
                    AddText(seen, reader.Value);
                    break;
            }
        }

        return seen;
    }

    private static List<string> ReadWithOurs(ReadOnlySpan<byte> element)
    {
        var reader = new XmlElementReader(element);
        var seen = new List<string>();
        while (reader.Read())
        {
            switch (reader.Node)
            {
                case XmlNode.Start:
                    var attributes = new List<string>();
                    foreach (var name in new[] { "to", "from", "id", "type", "a", "élan", "xmlns-not", "xmlns", "xmlns:p", "xmlns:q", "xmlns:x", "xml:a", "xml:lang",
                        "p:a", "p:lang", "q:a", "q:lang", "x:a", "x:lang", "stream:a", "stream:lang" })
                    {
                        if (reader.TryGetAttribute(Encoding.UTF8.GetBytes(name), out var value))
                        {
                            attributes.Add($" {name}={value}");
                        }
                    }

                    seen.Add($"+{reader.Depth} {reader.Namespace} {reader.LocalName}" + string.Concat(attributes.Order(StringComparer.Ordinal)));
                    break;
                case XmlNode.End:
                    seen.Add($"-{reader.Depth} {reader.Namespace} {reader.LocalName}");
                    break;
                default:
                    AddText(seen, reader.Text);
                    break;
            }
        }

        return seen;
    }

    // Where one run of text ends and the next begins is each reader's own business.
    private static void AddText(List<string> seen, string text)
    {
        if (seen.Count > 0 && seen[^1][0] == 't')
        {
            seen[^1] += text;
        }
        else
        {
            seen.Add("t" + text);
        }
    }
}
