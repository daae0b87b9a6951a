using System.Text;
using Krewe.Frontend.Streams;

namespace Krewe.Tests.Unit.Xml;

/// <summary>RFC 6120 §11: what is no XML, what is no XML for XMPP, and that it is said no later than with the last byte given here.</summary>
public sealed class WellFormednessTests
{
    public static TheoryData<string, string> Refused => new()
    {
        // RFC 6120 §11.1
        { "<!--", "restricted-xml" },
        { "<!-", "restricted-xml" },
        { "<message><!--", "restricted-xml" },
        { "<!DOCTYPE", "restricted-xml" },
        { "<message><!DOCTYPE x [", "restricted-xml" },
        { "<!D", "restricted-xml" },
        { "<?pi", "restricted-xml" },
        { "<message><?", "restricted-xml" },
        { "<?xml version='1.0'?>", "restricted-xml" },
        { "<message>&nbsp;", "restricted-xml" },
        { "<message to='&lol;", "restricted-xml" },

        // RFC 6120 §11.3
        { "<message><p:a>", "not-well-formed" },
        { "<message p:a=''>", "not-well-formed" },
        { "<p:message>", "not-well-formed" },
        { "<message a='1' a='2'>", "not-well-formed" },
        { "<message a='1' b='' c='' d='' e='' f='' g='' h='' i='' j='' a='2'>", "not-well-formed" },
        { "<message xmlns:p='u' xmlns:q='u' p:a='' q:a=''>", "not-well-formed" },
        { "<message xmlns:p='u' p:a='' x:b='' xmlns:q='&#117;' q:a=''>", "not-well-formed" },
        { "<message xmlns:q='urn:x' x:a='' q:a=''>", "not-well-formed" },
        { "<message xmlns='a' xmlns='b'>", "not-well-formed" },
        { "<message xmlns:p=''>", "not-well-formed" },
        { "<message xmlns:xml='urn:y'>", "not-well-formed" },
        { "<message xmlns:p='http://www.w3.org/XML/1998/namespace'>", "not-well-formed" },
        { "<message xmlns='http://www.w3.org/XML/1998/namespace'>", "not-well-formed" },
        { "<message xmlns:xmlns='urn:y'>", "not-well-formed" },
        { "<message xmlns:p='http://www.w3.org/2000/xmlns/'>", "not-well-formed" },
        { "<message xmlns='http://www.w3.org/2000/xmlns&#47;'>", "not-well-formed" },
        { "<xmlns:message>", "not-well-formed" },
        { "<message>\u0001", "not-well-formed" },
        { "<message>\0", "not-well-formed" },
        { "<message to='\0", "not-well-formed" },
        { "<message>\uFFFE", "not-well-formed" },
        { "<message>ab\uFFFF", "not-well-formed" },
        { "<message a='é\uFFFF", "not-well-formed" },
        { "<message><![CDATA[\u0002", "not-well-formed" },
        { "<message>&#x1;", "not-well-formed" },
        { "<message>&#0;", "not-well-formed" },
        { "<message>&#xFFFE;", "not-well-formed" },
        { "<message>&#xD800;", "not-well-formed" },
        { "<message>&#x110000;", "not-well-formed" },
        { "<message>&#99999999999999999999;", "not-well-formed" },
        { "<message>&#;", "not-well-formed" },
        { "<message>&#x;", "not-well-formed" },
        { "<message>&#1a;", "not-well-formed" },
        { "<message>&;", "not-well-formed" },
        { "<message>& ", "not-well-formed" },
        { "<message>&amp ", "not-well-formed" },
        { "<message>]]>", "not-well-formed" },
        { "<message>a]]]>", "not-well-formed" },
        { "<message></x", "not-well-formed" },
        { "<message></message2", "not-well-formed" },
        { "<message></messag>", "not-well-formed" },
        { "<message></Message", "not-well-formed" },
        { "<message></message a", "not-well-formed" },
        { "<message><a></message", "not-well-formed" },
        { "<message xmlns:p='u'><p:a></a", "not-well-formed" },
        { "<message to='<", "not-well-formed" },
        { "<message to=a", "not-well-formed" },
        { "<message to a", "not-well-formed" },
        { "<message to>", "not-well-formed" },
        { "<message to=''from", "not-well-formed" },
        { "<message / ", "not-well-formed" },
        { "<message /a", "not-well-formed" },
        { "< ", "not-well-formed" },
        { "<1", "not-well-formed" },
        { "<a$", "not-well-formed" },
        { "<message><![c", "not-well-formed" },
        { "<message><![CDAT(", "not-well-formed" },
        { "<:a", "not-well-formed" },
        { "<a:>", "not-well-formed" },
        { "<a:b:", "not-well-formed" },
        { "<a:1", "not-well-formed" },
        { "<message \u00D7", "not-well-formed" },
        { "<a\u00D7", "not-well-formed" },
        { "</stream:strea>", "not-well-formed" },
        { "</stream:stream x", "not-well-formed" },
        { "</message>", "not-well-formed" },
        { "</stream:stream>\n<", "not-well-formed" },

        // RFC 6120 §4.9.3.1, §4.8.3
        { "x", "bad-format" },
        { "<iq/> é", "bad-format" },
        { "\uFEFF", "bad-format" },
        { "&amp;", "bad-format" },
        { "<![CDATA[", "bad-format" },
        { "\0", "not-well-formed" },
        { "<c:message xmlns:c='jabber:client'>", "bad-namespace-prefix" },
        { "<c:message xmlns:c='jabber&#58;client'>", "bad-namespace-prefix" },
    };

    public static TheoryData<string, string> RefusedBytes => new()
    {
        // RFC 6120 §11.6; written as Latin-1
        { "<message>\u00FF", "unsupported-encoding" },
        { "<message>\u00E9t", "unsupported-encoding" },
        { "<message>\u00C0\u0080", "unsupported-encoding" },
        { "<message>\u00E0\u0080", "unsupported-encoding" },
        { "<message>\u00ED\u00A0", "unsupported-encoding" },
        { "<message>\u00F4\u0090", "unsupported-encoding" },
        { "<message>\u0080", "unsupported-encoding" },
        { "<message>\u00E4\u00B8<", "unsupported-encoding" },
        { "<message to='\u00E4\u00B8'", "unsupported-encoding" },
        { "<message to='\u00C3\u00C3", "unsupported-encoding" },
        { "<message><![CDATA[\u00C3]", "unsupported-encoding" },
        { "<m\u00C3>", "unsupported-encoding" },
        { "<m\u00FF", "unsupported-encoding" },
        { "<message \u00FF", "unsupported-encoding" },
        { "\u00FE", "unsupported-encoding" },
        { "\u00EF\u00BF\u00BE", "not-well-formed" },
        { "<message>\u00EF\u00BF\u00BE\u00FF", "not-well-formed" },
        { "<message>\u00FF\u00EF\u00BF\u00BE", "unsupported-encoding" },
    };

    public static TheoryData<string, string> RefusedHeaders => new()
    {
        { "x", "not-well-formed" },
        { "GET / HTTP/1.1", "not-well-formed" },
        { "\u0016\u0003", "not-well-formed" },
        { "</stream:stream>", "not-well-formed" },
        { "<!DOCTYPE", "restricted-xml" },
        { "<!--", "restricted-xml" },
        { "<?xml-stylesheet", "restricted-xml" },
        { "<?xmlx", "restricted-xml" },
        { "<?p", "restricted-xml" },
        { " <?xml version='1.0'?>", "restricted-xml" },
        { "<?xml version='1.0'?><?xml version='1.0'?>", "restricted-xml" },
        { "<?xml version='1.1'?>", "not-well-formed" },
        { "<?xml encoding='UTF-8'?>", "not-well-formed" },
        { "<?xml version='1.0'encoding='UTF-8'?>", "not-well-formed" },
        { "<?xml version='1.0' encoding='UTF-8' x='y'?>", "not-well-formed" },
        { "<?xml version='1.0' standalone='maybe'?>", "not-well-formed" },
        { "<?xml version='1.0' standalone='yes' encoding='UTF-8'?>", "not-well-formed" },
        { "<?xml version='1.0' encoding='ISO-8859-1'?>", "unsupported-encoding" },
        { "<?xml version='1.0' encoding=\"UTF-16\"?>", "unsupported-encoding" },
        { "\uFEFF<?xml version='1.0'?>", "not-well-formed" },
        { "<stream:stream xmlns='jabber:client'>", "not-well-formed" },
        { "<stream:stream xmlns:stream='http://etherx.jabber.org/streams' y:a=''>", "not-well-formed" },
        { "<stream:stream xmlns:stream='http://etherx.jabber.org/streams' to='a' to='b'>", "not-well-formed" },
        { "<stream:stream xmlns:stream='http://etherx.jabber.org/streams'/>", "bad-format" },
        { "<![CDATA[", "not-well-formed" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Element_ThatIsRefused_EndsTheStreamInEverySegmentation(string xml, string condition)
        => AssertRefused([.. Encoding.UTF8.GetBytes(FramerRun.Header), .. Encoding.UTF8.GetBytes(xml)], condition);

    [Theory]
    [MemberData(nameof(RefusedBytes))]
    public void Bytes_ThatAreNoUtf8_EndTheStreamInEverySegmentation(string latin1, string condition)
        => AssertRefused([.. Encoding.UTF8.GetBytes(FramerRun.Header), .. Encoding.Latin1.GetBytes(latin1)], condition);

    [Theory]
    [MemberData(nameof(RefusedHeaders))]
    public void Header_ThatIsRefused_EndsTheStreamInEverySegmentation(string xml, string condition) => AssertRefused(Encoding.UTF8.GetBytes(xml), condition);

    [Theory]
    [InlineData("<message><![CDATA[<a>&b;]] ]>]]]></message>")]
    [InlineData("<message>&lt;&gt;&amp;&apos;&quot;&#65;&#x10FFFF;&#0000000000000000000065;</message>")]
    [InlineData("<message>]] > ]]&gt; ]&#93;></message>")]
    [InlineData("<message>]<a/>]><b/>]<![CDATA[]]>></message>")]
    [InlineData("<message to=\"it's\" from='\"' x = '>' y\t=\n\"/>\"></message  >")]
    [InlineData("<message\n\tto='a'\r\n/>")]
    [InlineData("<message xmlns:xml='http://www.w3.org/XML/1998/namespace' xml:lang='de'/>")]
    [InlineData("<message xmlns:p='u' xmlns:q='v' p:a='' q:a='' a=''><p:b xmlns:p='w'/><x:y/></message>")]
    [InlineData("<message><a xmlns=''><b xmlns='jabber:client'/></a></message>")]
    [InlineData("<message><é·/><élan日本:b xmlns:élan日本='u'/></message>")]
    [InlineData("<message>日本語 \U0001F600 \uFEFF \u007F \u0085</message>")]
    [InlineData("<_a-b.c1/>")]
    public void Element_ThatIsWellFormed_IsOneFrame(string xml)
    {
        var said = AssertSameInEverySegmentation(Encoding.UTF8.GetBytes(FramerRun.Header + xml + " \n"));

        Assert.Equal(3, said.Count);
        Assert.EndsWith(" " + Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(xml)), said[1]);
        Assert.Equal("more ", said[2]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<?xml version='1.0'?>")]
    [InlineData("<?xml version=\"1.0\" encoding='utf-8' standalone='yes' ?>\r\n")]
    [InlineData("<?xml\nversion = '1.0'\tencoding\n=\n'UTF-8'?>")]
    [InlineData(" \n")]
    public void Header_WithOrWithoutDeclaration_IsOneFrame(string before)
    {
        const string header = "<s:stream to='a.example' xmlns='jabber:client' xmlns:s='http://etherx.jabber.org/streams'>";

        var said = AssertSameInEverySegmentation(Encoding.UTF8.GetBytes(before + header));

        Assert.Equal(["header to=a.example ns=Client fault= " + header, "more "], said);
    }

    private static void AssertRefused(byte[] bytes, string condition)
    {
        var last = AssertSameInEverySegmentation(bytes)[^1];
        Assert.Equal(condition, last);
    }

    private static List<string> AssertSameInEverySegmentation(byte[] bytes)
    {
        var whole = FramerRun.Whole(bytes);
        var random = new Random(bytes.Length);
        Assert.Equal(whole, FramerRun.InPieces(bytes, Enumerable.Range(1, bytes.Length), asSegments: true));
        Assert.Equal(whole, FramerRun.InPieces(bytes, Enumerable.Range(1, bytes.Length), asSegments: false));
        for (var cut = 1; cut < bytes.Length; cut++)
        {
            Assert.Equal(whole, FramerRun.InPieces(bytes, [cut], asSegments: true));
            int[] cuts = [.. Enumerable.Range(0, 4).Select(_ => random.Next(bytes.Length)).Order()];
            Assert.Equal(whole, FramerRun.InPieces(bytes, cuts, asSegments: cut % 2 == 0));
        }

        return whole;
    }
}
