using System.Text;
using Krewe.Frontend.Xml;

namespace Krewe.Tests.Unit.Xml;

public sealed class XmlElementReaderTests
{
    [Fact]
    public void Reader_OfARosterSet_GivesItsItems()
    {
        var reader = new XmlElementReader(
            "<iq type='set' id='1'><query xmlns='jabber:iq:roster'><item jid='r@a' name=\"R &amp; J\"><group>Friends &lt;3</group><group/></item></query></iq>"u8);

        Assert.True(reader.Read());
        Assert.True(reader.Is("iq"u8, "jabber:client"u8));
        Assert.True(reader.Read());
        Assert.True(reader.Is("query"u8, "jabber:iq:roster"u8));
        Assert.True(reader.Read());
        Assert.True(reader.Is("item"u8, "jabber:iq:roster"u8));
        Assert.Equal(2, reader.Depth);
        Assert.True(reader.TryGetAttribute("name"u8, out var name));
        Assert.Equal("R & J", name);
        Assert.False(reader.TryGetAttribute("ask"u8, out _));
        Assert.True(reader.Read());
        Assert.Equal("Friends <3", reader.ReadText());
        Assert.Equal((XmlNode.End, 3), (reader.Node, reader.Depth));
        Assert.True(reader.Read());
        Assert.True(reader.IsEmpty);
        Assert.Equal("", reader.ReadText());
        Assert.True(reader.Read());
        Assert.Equal((XmlNode.End, 2), (reader.Node, reader.Depth));
        Assert.True(reader.NameIs("item"u8));
    }

    [Fact]
    public void ReadText_OfMixedContent_IsTheDirectText()
    {
        var reader = new XmlElementReader("<body>a<b>no</b>b<![CDATA[&amp;\r\n]]>&#x1F600;\r\nc<![CDATA[]]></body>"u8);
        Assert.True(reader.Read());

        Assert.Equal("ab&amp;\n\U0001F600\nc", reader.ReadText());
        Assert.Equal(XmlNode.End, reader.Node);
        Assert.False(reader.Read());
        Assert.False(reader.Read());
    }

    [Fact]
    public void Skip_AndOuterXml_GoToTheElementsEnd()
    {
        var reader = new XmlElementReader("<a><b x='>'><b/>t</b><c/><d>e</d></a>"u8);
        Assert.True(reader.Read());
        Assert.True(reader.Read());
        reader.Skip();
        Assert.True(reader.NameIs("b"u8));
        Assert.Equal((XmlNode.End, 1), (reader.Node, reader.Depth));
        Assert.True(reader.Read());
        Assert.Equal("<c/>", Encoding.UTF8.GetString(reader.OuterXml()));
        Assert.True(reader.Read());
        Assert.Equal("<d>e</d>", Encoding.UTF8.GetString(reader.OuterXml()));
        Assert.True(reader.Read());
        Assert.Equal((XmlNode.End, 0), (reader.Node, reader.Depth));
    }

    [Fact]
    public void Namespaces_AreInForceInsideTheirElementOnly()
    {
        var reader = new XmlElementReader("<p:a xmlns:p='u&#110;o' xmlns='d'><b xmlns='' xmlns:p='due'><p:c/></b><d xmlns='e'/><p:e/><f/></p:a>"u8, "stream");
        var seen = new List<string>();
        while (reader.Read())
        {
            seen.Add($"{reader.Node} {{{reader.Namespace}}}{reader.LocalName}");
        }

        Assert.Equal(
            [
                "Start {uno}a", "Start {}b", "Start {due}c", "End {due}c", "End {}b", "Start {e}d", "End {e}d",
                "Start {uno}e", "End {uno}e", "Start {d}f", "End {d}f", "End {uno}a",
            ],
            seen);
    }

    [Theory]
    [InlineData("a='&quot;&#10;\n\t\r\n'", "\"\n   ")]
    [InlineData("b='1' a\n=\n\"it's = >\"", "it's = >")]
    [InlineData("xml:a='no' a=''", "")]
    public void Attribute_IsUnescapedAndNormalised(string attributes, string value)
    {
        var reader = new XmlElementReader(Encoding.UTF8.GetBytes($"<e {attributes}/>"));
        Assert.True(reader.Read());
        Assert.True(reader.TryGetAttribute("a"u8, out var read));
        Assert.Equal(value, read);
    }
}
