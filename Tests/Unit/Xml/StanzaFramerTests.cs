using System.Buffers;
using System.Text;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;

namespace Krewe.Tests.Unit.Xml;

/// <summary>RFC 6120 §4 and §8: what the framer hands out and what it says about it.</summary>
public sealed class StanzaFramerTests
{
    private const string Client = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' xmlns:x='urn:x' version='1.0'>";

    [Fact]
    public void Header_WithEverything_IsKnown()
    {
        var (framer, _) = Read("<?xml version='1.0'?><s:stream xmlns:s=\"http://etherx.jabber.org/streams\" xmlns='jabber:client' from='o&apos;b@a' to='a.example'"
            + " id='7' version='1.0' xml:lang='de-AT' xmlns:p='it&apos;s' other='x'>");

        var header = framer.Header;
        Assert.Equal(("o'b@a", "a.example", "7", "1.0", "de-AT"), (header.From, header.To, header.Id, header.Version, header.Lang));
        Assert.Equal(ElementNamespace.Client, header.ContentNamespace);
        Assert.Null(header.Fault);
        Assert.Equal(" xmlns:s='http://etherx.jabber.org/streams' xmlns:p='it&apos;s'", Encoding.UTF8.GetString(header.PrefixDeclarations.Span));
        Assert.Equal("de-AT", Encoding.UTF8.GetString(header.LangEscaped.Span));
    }

    [Theory]
    [InlineData("<stream xmlns='jabber:client'>", StreamErrorCondition.InvalidNamespace)]
    [InlineData("<stream>", StreamErrorCondition.InvalidNamespace)]
    [InlineData("<s:stream xmlns:s='urn:other' xmlns='jabber:client'>", StreamErrorCondition.InvalidNamespace)]
    [InlineData("<s:stream xmlns:s='http://etherx.jabber.org/streams' xmlns='jabber:server'>", StreamErrorCondition.InvalidNamespace)]
    [InlineData("<s:features xmlns:s='http://etherx.jabber.org/streams' xmlns='jabber:client'>", StreamErrorCondition.BadFormat)]
    [InlineData("<s:stream xmlns:s='http://etherx.jabber.org/streams' xmlns='jabber:client'>", null)]
    [InlineData("<s:stream xmlns:s='http://etherx.jabber.org/streams' xmlns='jabber:component:accept'>", null)]
    [InlineData("<stream xmlns='http://etherx.jabber.org/streams'>", null)]
    [InlineData("<s:stream xmlns:s='http://etherx.jabber.org/streams'>", null)]
    internal void Header_OfAnyNamespaces_SaysWhetherItMayOpenAStream(string header, StreamErrorCondition? fault)
        => Assert.Equal(fault, Read(header).Framer.Header.Fault);

    [Theory]
    [InlineData("<stream xmlns='http://etherx.jabber.org/streams'>", "<message xmlns='jabber:client'/>", true, ElementNamespace.Client)]
    [InlineData("<stream xmlns='http://etherx.jabber.org/streams'>", "<message/>", false, ElementNamespace.Streams)]
    [InlineData("<s:stream xmlns:s='http://etherx.jabber.org/streams'>", "<message/>", false, ElementNamespace.None)]
    [InlineData(Client, "<message/>", true, ElementNamespace.Client)]
    [InlineData(Client, "<message xmlns='jabber&#x3a;client'/>", true, ElementNamespace.Client)]
    [InlineData(Client, "<message xmlns='jabber:server'/>", false, ElementNamespace.Other)]
    [InlineData(Client, "<message xmlns=''/>", false, ElementNamespace.None)]
    [InlineData(Client, "<message xmlns='jabber:component:accept'/>", false, ElementNamespace.Component)]
    [InlineData(Client, "<messages/>", false, ElementNamespace.Client)]
    [InlineData(Client, "<stream:error/>", false, ElementNamespace.Streams)]
    [InlineData(Client, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", false, ElementNamespace.Tls)]
    [InlineData(Client, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>", false, ElementNamespace.Sasl)]
    [InlineData(Client, "<r xmlns='urn:xmpp:sm:3'/>", false, ElementNamespace.StreamManagement)]
    [InlineData(Client, "<active xmlns='urn:xmpp:csi:0'/>", false, ElementNamespace.ClientState)]
    [InlineData(Client, "<x:message/>", false, ElementNamespace.Other)]
    internal void Element_OfAnyNamespace_IsToldApart(string header, string xml, bool isStanza, ElementNamespace expected)
    {
        var head = Read(header + xml).Heads.Single();

        Assert.Equal((isStanza, expected), (head.IsStanza, head.Namespace));
    }

    [Theory]
    [InlineData("<message/>", StanzaType.Normal)]
    [InlineData("<message type=''/>", StanzaType.Normal)]
    [InlineData("<message type='Chat'/>", StanzaType.Normal)]
    [InlineData("<message type='normal'/>", StanzaType.Normal)]
    [InlineData("<message type='chat'/>", StanzaType.Chat)]
    [InlineData("<message type='ch&#97;t'/>", StanzaType.Chat)]
    [InlineData("<message type='groupchat'/>", StanzaType.Groupchat)]
    [InlineData("<message type='headline'/>", StanzaType.Headline)]
    [InlineData("<message type='error'/>", StanzaType.Error)]
    [InlineData("<presence/>", StanzaType.Available)]
    [InlineData("<presence type=''/>", StanzaType.Invalid)]
    [InlineData("<presence type='available'/>", StanzaType.Invalid)]
    [InlineData("<presence type='unavailable'/>", StanzaType.Unavailable)]
    [InlineData("<presence type='subscribe'/>", StanzaType.Subscribe)]
    [InlineData("<presence type='subscribed'/>", StanzaType.Subscribed)]
    [InlineData("<presence type='unsubscribe'/>", StanzaType.Unsubscribe)]
    [InlineData("<presence type='unsubscribed'/>", StanzaType.Unsubscribed)]
    [InlineData("<presence type='probe'/>", StanzaType.Probe)]
    [InlineData("<presence type='error'/>", StanzaType.Error)]
    [InlineData("<iq/>", StanzaType.Invalid)]
    [InlineData("<iq type='chat'/>", StanzaType.Invalid)]
    [InlineData("<iq type='get'/>", StanzaType.Get)]
    [InlineData("<iq type='set'/>", StanzaType.Set)]
    [InlineData("<iq type='result'/>", StanzaType.Result)]
    [InlineData("<iq type='error'/>", StanzaType.Error)]
    public void Stanza_OfEachKind_HasItsType(string xml, StanzaType type)
    {
        var head = Read(Client + xml).Heads.Single();

        Assert.Equal((xml[1] switch { 'm' => StanzaKind.Message, 'p' => StanzaKind.Presence, _ => StanzaKind.Iq }, type), (head.Kind, head.StanzaType));
    }

    [Theory]
    [InlineData("<iq><query xmlns='jabber:iq:roster'/></iq>", 1, "query", "jabber:iq:roster")]
    [InlineData("<iq> <query/><b/><c><d/></c></iq>", 3, "query", "jabber:client")]
    [InlineData("<iq xmlns='jabber:client'><query/></iq>", 1, "query", "jabber:client")]
    [InlineData("<iq xmlns:p='urn:p'><p:query/></iq>", 1, "query", "urn:p")]
    [InlineData("<iq xmlns:p='urn:p'><p:query xmlns:p='urn:q' xmlns='urn:r'/></iq>", 1, "query", "urn:q")]
    [InlineData("<iq><x:query/></iq>", 1, "query", "urn:x")]
    [InlineData("<iq><query xmlns=''/></iq>", 1, "query", "")]
    [InlineData("<iq>text</iq>", 0, "", "")]
    [InlineData("<iq/>", 0, "", "")]
    public void Iq_WithPayload_NamesItsFirstChild(string xml, int children, string name, string space)
    {
        var head = Read(Client + xml).Heads.Single();
        var bytes = Encoding.UTF8.GetBytes(xml);

        Assert.Equal(children, head.ChildElements);
        Assert.Equal(name, Encoding.UTF8.GetString(head.FirstChildName(bytes)));
        Assert.Equal(space, Encoding.UTF8.GetString(head.FirstChildNamespace(bytes)));
    }

    [Theory]
    [InlineData("<iq><x:query/></iq>", true)]
    [InlineData("<iq><a><b x:c=''/></a></iq>", true)]
    [InlineData("<iq x:c=''/>", true)]
    [InlineData("<iq><x:query xmlns:x='urn:y'/></iq>", false)]
    [InlineData("<iq xml:lang='en'><a xmlns='urn:x'/></iq>", false)]
    public void Stanza_ThatNeedsTheStreamsPrefixes_SaysSo(string xml, bool uses) => Assert.Equal(uses, Read(Client + xml).Heads.Single().UsesStreamPrefix);

    [Fact]
    public void Restart_ForgetsHeaderAndNamespaces()
    {
        var (framer, _) = Read(Client + "<x:a/>");
        framer.Restart();

        Assert.Same(StreamHeader.None, framer.Header);
        var again = "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
        Assert.Equal("not-well-formed", FramerRun.Whole(again + "<x:a/>", framer)[^1]);
    }

    [Fact]
    public void Restart_BehindAFrame_LeavesTheNextStreamsBytes()
    {
        var framer = new StanzaFramer(10_000);
        var buffer = Buffer(Client + "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/><?xml version='1.0'?>" + Client + "<iq/>");
        Assert.True(framer.TryRead(ref buffer, out _));
        Assert.True(framer.TryRead(ref buffer, out _));

        framer.Restart();

        Assert.True(framer.TryRead(ref buffer, out var header));
        Assert.Equal(FrameKind.StreamHeader, header.Kind);
        Assert.True(framer.TryRead(ref buffer, out var iq));
        Assert.True(iq.Head.IsStanza);
        Assert.True(buffer.IsEmpty);
    }

    [Theory]
    [InlineData("<iq/>", false)]
    [InlineData(" <iq/>", true)]
    [InlineData("<iq/> ", false)]
    public void Whitespace_InFrontOfAnElement_IsNoted(string xml, bool saw)
    {
        var framer = new StanzaFramer(10_000);
        var buffer = Buffer("\n" + Client + xml);
        Assert.True(framer.TryRead(ref buffer, out _));
        Assert.True(framer.SawWhitespace);

        Assert.True(framer.TryRead(ref buffer, out _));

        Assert.Equal(saw, framer.SawWhitespace);
    }

    [Fact]
    public void Whitespace_WithoutAnElement_IsTakenAndNoted()
    {
        var framer = Read(Client + "<iq/>").Framer;
        var buffer = Buffer(" \t\r\n");

        Assert.False(framer.TryRead(ref buffer, out _));
        Assert.True(buffer.IsEmpty);
        Assert.True(framer.SawWhitespace);

        buffer = Buffer("<iq/>");
        Assert.True(framer.TryRead(ref buffer, out _));
        Assert.True(framer.SawWhitespace);
    }

    [Fact]
    public void StreamEnd_OfAnyPrefix_IsAFrame()
        => Assert.Equal("end </s:stream\n>", FramerRun.Whole("<s:stream xmlns:s='http://etherx.jabber.org/streams'></s:stream\n> ")[1]);

    [Fact]
    public void Frames_OfManySegments_AreContiguousEitherWay()
    {
        byte[]? rented = null;
        var frame = new Frame(FrameKind.Element, FramerRun.Sequence(["<i"u8.ToArray(), "q/>"u8.ToArray()]), default);

        Assert.Equal("<iq/>"u8, frame.Contiguous(ref rented));
        Assert.NotNull(rented);
    }

    private static (StanzaFramer Framer, List<ElementHead> Heads) Read(string xml)
    {
        var framer = new StanzaFramer(10_000);
        var buffer = Buffer(xml);
        var heads = new List<ElementHead>();
        while (framer.TryRead(ref buffer, out var frame))
        {
            if (frame.Kind == FrameKind.Element)
            {
                heads.Add(frame.Head);
            }
        }

        Assert.True(buffer.IsEmpty);
        return (framer, heads);
    }

    private static ReadOnlySequence<byte> Buffer(string xml) => new(Encoding.UTF8.GetBytes(xml));
}
