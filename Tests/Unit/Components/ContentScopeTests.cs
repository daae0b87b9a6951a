using System.Buffers;
using System.Text;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Components;
using Krewe.Frontend.Xml;

namespace Krewe.Tests.Unit.Components;

/// <summary>Specs C-012: between a component's stream and the others the content namespace changes, and only it.</summary>
public sealed class ContentScopeTests
{
    [Theory]
    [InlineData("<message/>", null)]
    [InlineData("<message><body>jabber:component:accept</body></message>", null)]
    [InlineData("<message id='jabber:component:accept'><x xmlns='urn:x' a='jabber:component:accept'/></message>", null)]
    [InlineData("<message><body xmlns='jabber:component:accept'>a</body></message>", "<message><body xmlns='jabber:client'>a</body></message>")]
    [InlineData("<message xmlns=\"jabber:component:accept\"><error><a/></error></message>", "<message xmlns=\"jabber:client\"><error><a/></error></message>")]
    [InlineData(
        "<message><a xmlns='jabber:client'><b xmlns='jabber:component:accept'/></a><c xmlns = 'jabber:component:accept' /></message>",
        "<message><a xmlns='jabber:client'><b xmlns='jabber:client'/></a><c xmlns = 'jabber:client' /></message>")]
    [InlineData("<message><c:body xmlns:c='jabber:component:accept'/></message>", "<message><c:body xmlns:c='jabber:client'/></message>")]
    [InlineData("<iq><f xmlns='urn:xmpp:forward:0'><message xmlns='jabber:component:accept'><body/></message></f></iq>", null)]
    [InlineData("<iq><x:f xmlns:x='urn:x' xmlns='jabber:component:accept'><message/></x:f></iq>", null)]
    [InlineData("<iq><a xmlns=''><message xmlns='jabber:component:accept'/></a></iq>", null)]
    [InlineData("<iq/><iq><a xmlns='jabber:component:accept'/></iq><iq/>", "<iq/><iq><a xmlns='jabber:client'/></iq><iq/>")]
    public void Rescope_ChangesDeclarationsOnContentOnly(string xml, string? expected)
    {
        var output = new ArrayBufferWriter<byte>();

        var isChanged = ContentScope.TryRescope(Encoding.UTF8.GetBytes(xml), Tokens.ComponentNamespace, Tokens.ClientNamespace, output);

        Assert.Equal(expected is not null, isChanged);
        Assert.Equal(expected ?? "", Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Theory]
    [InlineData("<message><body/></message>", false)]
    [InlineData("<message xmlns='jabber:component:accept'><body/></message>", false)]
    [InlineData("<message xmlns='jabber:component:accept'><body xmlns='jabber:component:accept'/></message>", true)]
    [InlineData("<message xmlns:c='jabber:component:accept'><body/></message>", true)]
    public void MayNameComponent_IsFalseForWhatStampingTakesOut(string xml, bool expected)
    {
        var stream = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes($"<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams'>{xml}"));
        var framer = new StanzaFramer(10_000);
        framer.TryRead(ref stream, out _);
        Assert.True(framer.TryRead(ref stream, out var frame));

        Assert.Equal(expected, ContentScope.MayNameComponent(frame.Bytes.FirstSpan, frame.Head));
    }

    [Fact]
    public void Declarations_OfTheHeader_AreRescopedAsWell()
    {
        var rescoped = ContentScope.RescopeDeclarations(" xmlns:stream='http://etherx.jabber.org/streams' xmlns:c='jabber:component:accept' xmlns:x='urn:x'"u8);

        Assert.Equal(" xmlns:stream='http://etherx.jabber.org/streams' xmlns:c='jabber:client' xmlns:x='urn:x'", Encoding.UTF8.GetString(rescoped));
    }

    [Fact]
    public void Reframe_FindsTheStanzaAgain()
    {
        var element = "<iq xmlns='jabber:client' type='get' id='1' to='a.example'><c:query/><x:y/></iq>"u8.ToArray();

        var frame = ContentScope.Reframe(element, " xmlns:s='http://etherx.jabber.org/streams' xmlns:stream='http://etherx.jabber.org/streams' xmlns:c='jabber:client' xmlns:x='urn:x'"u8.ToArray());

        Assert.Equal(element, frame.Bytes.ToArray());
        Assert.True(frame.Head.IsStanza);
        Assert.Equal((StanzaKind.Iq, StanzaType.Get, 2, true), (frame.Head.Kind, frame.Head.StanzaType, frame.Head.ChildElements, frame.Head.UsesStreamPrefix));
        Assert.Equal("a.example", Encoding.UTF8.GetString(frame.Head.To(element)));
    }
}
