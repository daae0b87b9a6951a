using System.Buffers;
using System.Text;
using System.Xml.Linq;
using Krewe.Frontend.Xml;

namespace Krewe.Tests.Unit.Xml;

public sealed class XmppWriterTests
{
    [Theory]
    [InlineData("plain", "plain", "plain")]
    [InlineData("<&>'\"", "&lt;&amp;&gt;&apos;&quot;", "&lt;&amp;&gt;&apos;&quot;")]
    [InlineData("a\r\n\tb", "a&#13;&#10;&#9;b", "a&#13;\n\tb")]
    [InlineData("\0\u0008\u001F\uFFFE\uFFFF", "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD", "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD")]
    [InlineData("\U0001F600é<日", "\U0001F600é&lt;日", "\U0001F600é&lt;日")]
    [InlineData("", "", "")]
    public void Writer_OfAnyText_Escapes(string text, string attribute, string content)
    {
        Assert.Equal($" a='{attribute}'", Write(w => w.Attribute("a"u8, text)));
        Assert.Equal(content, Write(w => w.Text(text)));
        Assert.Equal(attribute, Write(w => w.EscapedUtf8(Encoding.UTF8.GetBytes(text))));
        Assert.Equal(attribute, Encoding.UTF8.GetString(XmppWriter.Escape(text)));
        Assert.Equal($" a='{attribute}'", Write(w => w.AttributeRaw("a"u8, XmppWriter.Escape(text))));
    }

    [Fact]
    public void Writer_OfHalfAPair_WritesAReplacement()
    {
        Assert.Equal("a\uFFFDb\uFFFD", Write(w => w.Text("a\uD83Db\uDE00")));
        Assert.Equal("\uFFFD&lt;\uFFFD", Write(w => w.Text("\uD83D<\uDE00")));
    }

    [Fact]
    public void Writer_OfEveryCharacter_WritesWhatXmlReads()
    {
        for (var i = 0; i <= char.MaxValue; i += 64)
        {
            var text = string.Concat(Enumerable.Range(i, 64).Select(c => (char)c));
            var xml = Write(w =>
            {
                w.Raw("<e"u8);
                w.Attribute("a"u8, text);
                w.Raw(">"u8);
                w.Text(text);
                w.Raw("</e>"u8);
            });
            var element = XElement.Parse(xml);
            Assert.Equal(element.Value, element.Attribute("a")!.Value);
            Assert.Equal(64, element.Value.Length);
        }
    }

    private static string Write(Action<XmppWriter> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(new XmppWriter(output));
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
