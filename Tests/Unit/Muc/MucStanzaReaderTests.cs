using System.Buffers;
using System.Text;
using System.Xml.Linq;
using FsCheck;
using FsCheck.Fluent;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Muc;
using Krewe.Frontend.Xml;

namespace Krewe.Tests.Unit.Muc;

/// <summary>What a room may pass on of a client's stanza: all that it wrote, but what only the room may say.</summary>
public sealed class MucStanzaReaderTests
{
    private const string Room = "coven@chat.example";
    private const string Header =
        "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' xmlns:u='http://jabber.org/protocol/muc#user' xmlns:s='urn:s' version='1.0'>";

    private static readonly string[] Kept =
    [
        "<body>hi</body>", "<body xml:lang='de'>&lt;x&gt;<![CDATA[</x><x xmlns='http://jabber.org/protocol/muc#user'/>]]></body>", "<subject/>", "<thread>t</thread>", "text", " \n",
        "<x xmlns='jabber:x:data' type='submit'><x xmlns='http://jabber.org/protocol/muc#user'/></x>", "<p:x/>", "<p:x xmlns:p='urn:other'>1</p:x>", "<s:a><s:b/></s:a>", "<stream:a/>",
        "<x/>", "<x xmlns='http://jabber.org/protocol/muc#users'/>", "<occupant-id/>", "<delay xmlns='urn:xmpp:delay' from='hag@h.example' stamp='x'/>", "<delay xmlns='urn:xmpp:delay'/>",
        "<a b='>' c=\"'\"/>", "<a\n  b = 'c'\n/>", "<show>away</show>", "<c xmlns='http://jabber.org/protocol/caps' ver='1'></c >",
    ];

    private static readonly string[] Dropped =
    [
        "<x xmlns='http://jabber.org/protocol/muc'/>", "<x xmlns='http://jabber.org/protocol/muc'><password>a</password><body>b</body></x>",
        "<x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='owner'/></x>", "<x xmlns=\"http://jabber.org/protocol/muc#us&#101;r\"/>",
        "<m:x xmlns:m='http://jabber.org/protocol/muc#user'><m:x/></m:x >", "<u:x><u:status code='110'/></u:x>",
        "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='forged'/>", "<o:occupant-id xmlns:o='urn:xmpp:occupant-id:0'></o:occupant-id>",
    ];

    private static readonly string[] DroppedFromMessages =
        ["<delay xmlns='urn:xmpp:delay' from='coven@chat.example' stamp='x'/>", "<d:delay from='Coven@chat.example/nick' xmlns:d='urn:xmpp:delay'>x</d:delay>"];

    private static readonly XName[] ForTheRoom =
        [XName.Get("x", "http://jabber.org/protocol/muc"), XName.Get("x", "http://jabber.org/protocol/muc#user"), XName.Get("occupant-id", "urn:xmpp:occupant-id:0")];

    [Fact]
    public void RandomStanzas_LeaveExactlyWhatMayStay()
    {
        var stanzas = Gen.Choose(0, int.MaxValue - 1).Select(seed => Write(new Random(seed)));
        Prop.ForAll(stanzas.ToArbitrary(), HasExactlyWhatMayStay).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
    }

    [Theory]
    [InlineData("<message/>", "", " xml:lang='en'")]
    [InlineData("<message></message>", "", " xml:lang='en'")]
    [InlineData("<message id='1' to='a@b' from='c@d' type='chat' xmlns='jabber:client' a='b' xml:lang='de'><body/></message>", "<body/>", " xml:lang='de'")]
    [InlineData("<message xmlns:p='urn:p' p:a='1' to='a@b'><p:a/></message >", "<p:a/>", " xmlns:p='urn:p' xml:lang='en'")]
    [InlineData("<message>a<x xmlns='http://jabber.org/protocol/muc#user'/>b</message>", "ab", " xml:lang='en'")]
    public void Payload_IsWhatWasWritten(string xml, string inside, string attributes)
    {
        var content = Read(xml, out _);

        Assert.Equal(inside, Encoding.UTF8.GetString(content.Payload.Xml.Span));
        Assert.Equal(attributes, Encoding.UTF8.GetString(content.Payload.Attributes.Span));
    }

    [Theory]
    [InlineData("<message><subject>a</subject></message>", true, false)]
    [InlineData("<message><subject/><thread/></message>", true, false)]
    [InlineData("<message><subject>a</subject><body>b</body></message>", false, true)]
    [InlineData("<message><body/></message>", false, true)]
    [InlineData("<message><a xmlns='urn:a'><subject/><body/></a></message>", false, false)]
    [InlineData("<message><subject xmlns='urn:a'/></message>", false, false)]
    public void Subject_IsAMessageWithoutBody(string xml, bool isSubject, bool hasBody)
    {
        var content = Read(xml, out _);

        Assert.Equal(isSubject, content.IsSubject);
        Assert.Equal(hasBody, content.Has(MucChildren.Body));
    }

    [Theory]
    [InlineData("<presence><x xmlns='http://jabber.org/protocol/muc'/></presence>", "Join")]
    [InlineData("<presence><a xmlns='urn:a'><x xmlns='http://jabber.org/protocol/muc'/></a></presence>", "None")]
    [InlineData("<presence><x xmlns='http://jabber.org/protocol/muc#user'/></presence>", "None")]
    [InlineData("<iq id='1' type='get'><ping xmlns='urn:xmpp:ping'/></iq>", "Ping")]
    [InlineData("<message><x xmlns='http://jabber.org/protocol/muc#user'/><x xmlns='jabber:x:data'/></message>", "User, Form")]
    public void Children_ThatMakeADifference_AreNoted(string xml, string expected) => Assert.Equal(expected, $"{Read(xml, out _).Children}");

    [Fact]
    public void Iq_IsPassedOnWhole()
    {
        const string Query = "<x xmlns='http://jabber.org/protocol/muc#user'><item/></x>";

        Assert.Equal(Query, Encoding.UTF8.GetString(Read($"<iq id='1' type='get'>{Query}</iq>", out _).Payload.Xml.Span));
    }

    [Fact]
    public void PrefixOfTheStream_CannotForgeTheRoomsWord()
    {
        var content = Read("<presence><u:x><u:item role='moderator'/></u:x><s:a/></presence>", out _);

        Assert.Equal("<s:a/>", Encoding.UTF8.GetString(content.Payload.Xml.Span));
        Assert.Contains(" xmlns:s='urn:s'", Encoding.UTF8.GetString(content.Payload.Attributes.Span), StringComparison.Ordinal);
    }

    private static bool HasExactlyWhatMayStay(string xml)
    {
        var content = Read(xml, out var kind);
        var sent = XElement.Parse($"{Header}{xml}</stream:stream>", LoadOptions.PreserveWhitespace).Elements().Single();
        var passedOn = XElement.Parse(
            $"<s xmlns='jabber:client' to='x'{Encoding.UTF8.GetString(content.Payload.Attributes.Span)}>{Encoding.UTF8.GetString(content.Payload.Xml.Span)}</s>",
            LoadOptions.PreserveWhitespace);
        var staying = sent.Elements().Where(child => kind == StanzaKind.Iq || !(ForTheRoom.Contains(child.Name) || (kind == StanzaKind.Message && ClaimsToBeOfTheRoom(child))));

        Assert.Equal(sent.Attribute(XNamespace.Xml + "lang")?.Value ?? "en", passedOn.Attribute(XNamespace.Xml + "lang")!.Value);
        Assert.Equal(string.Concat(sent.Nodes().OfType<XText>()), string.Concat(passedOn.Nodes().OfType<XText>()));
        return staying.SequenceEqual(passedOn.Elements(), new XNodeEqualityComparer());
    }

    private static bool ClaimsToBeOfTheRoom(XElement child) =>
        child.Name == XName.Get("delay", "urn:xmpp:delay") && Jid.TryParse(child.Attribute("from")?.Value, out var from) && from.Bare == Room;

    private static string Write(Random random)
    {
        var kind = random.Next(5) switch { 0 => "iq", 1 or 2 => "presence", _ => "message" };
        var xml = new StringBuilder("<").Append(kind).Append(" id='1' type='error' xmlns:p='urn:p'");
        xml.Append(random.Next(4) switch { 0 => " xml:lang='de'", 1 => "\n\txml:lang=\"\"", 2 => " xmlns='jabber:client' to='coven@chat.example'", _ => "" });
        if (random.Next(10) == 0)
        {
            return xml.Append("/>").ToString();
        }

        xml.Append('>');
        for (var i = random.Next(8); i > 0; i--)
        {
            var pool = random.Next(7) switch { 0 or 1 => Dropped, 2 => DroppedFromMessages, _ => Kept };
            xml.Append(pool[random.Next(pool.Length)]);
        }

        return xml.Append("</").Append(kind).Append('>').ToString();
    }

    private static MucContent Read(string xml, out StanzaKind kind)
    {
        var framer = new StanzaFramer(10_000);
        var buffer = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(Header + xml));
        Assert.True(framer.TryRead(ref buffer, out _));
        Assert.True(framer.TryRead(ref buffer, out var frame));
        kind = frame.Head.Kind;
        var element = frame.Bytes.ToArray();
        if (frame.Head.UsesStreamPrefix)
        {
            element = StanzaStamp.Stamp(element, frame.Head, "hag@h.example/pda"u8, default, "en"u8, framer.Header.PrefixDeclarations.Span, out _);
        }

        return MucStanzaReader.Read(element, kind, "en"u8, Jid.Parse(Room));
    }
}
