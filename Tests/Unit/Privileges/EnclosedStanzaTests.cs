using System.Buffers;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using FsCheck;
using FsCheck.Fluent;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Privileges;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;
using Krewe.Tests.Fuzz;

namespace Krewe.Tests.Unit.Privileges;

/// <summary>XEP-0356 §5.1, §6.3: a stanza that is taken out of another means what it meant in it, whatever is declared where.</summary>
public sealed class EnclosedStanzaTests
{
    private const string StreamDeclarations = " xmlns:x='urn:x'";
    private const string Header = $"<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams'{StreamDeclarations}>";

    [Fact]
    public void Message_WithAnythingInIt_MeansTheSameOnItsOwn()
    {
        var compared = 0;
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(3000), Prop.ForAll(XmlDocuments.Element.ToArbitrary(), xml =>
        {
            var outer = $"<message to='h' from='c' xmlns:p='urn:p'> <privilege xmlns='urn:xmpp:privilege:2' xmlns:q=\"urn:q'\"><f:forwarded xmlns:f='urn:xmpp:forward:0' xmlns:p='urn:x'>"
                + $"<message xmlns='jabber:client' from='a@h' to='b@h' id='&lt;1&gt;'>{xml}</message></f:forwarded></privilege></message>";
            if (!TryFrame(outer, out var element, out _) || !TryParse(Header + outer + "</stream:stream>", out var whole))
            {
                return true;
            }

            compared++;
            if (EnclosedStanza.ReadMessage(element, "jabber:component:accept", PrivilegeNamespaces.Second, Encoding.UTF8.GetBytes(StreamDeclarations), out var message) != EnclosedOutcome.Found)
            {
                return false;
            }

            var stamped = StanzaStamp.Stamp(message!.Xml, message.Head, "a@h"u8, default, default, message.Head.UsesStreamPrefix ? message.Declarations : default, out _);
            return TryParse($"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>{Encoding.UTF8.GetString(stamped)}</stream:stream>", out var alone)
                && Canonical(whole!.Descendants(XName.Get("message", "jabber:client")).First()) == Canonical(alone!.Elements().Single());
        }));

        Assert.True(compared > 1000, $"{compared} were compared: no test");
    }

    [Fact]
    public void Anything_ThatIsAStanza_IsReadOrRefused()
    {
        var layers = Gen.Elements(
            "<privilege xmlns='urn:xmpp:privilege:2'>", "</privilege>", "<forwarded xmlns='urn:xmpp:forward:0'>", "</forwarded>", "<message xmlns='jabber:client' from='a@h'>", "</message>",
            "<message xmlns='jabber:client'/>", "<privileged_iq xmlns='urn:xmpp:privilege:2'>", "</privileged_iq>", "<iq xmlns='jabber:client' type='get' id='1'>", "</iq>", "<c:iq xmlns:c='jabber:client'/>",
            " ", "text", "<a/>", "<delay xmlns='urn:xmpp:delay'/>", "<x xmlns:stream='urn:other'>", "</x>", "<![CDATA[<]]>");
        var read = 0;
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(20_000), Prop.ForAll(layers.ListOf().ToArbitrary(), parts =>
        {
            if (!TryFrame($"<message to='h' from='c'>{string.Concat(parts)}</message>", out var element, out _))
            {
                return true;
            }

            read++;
            var asMessage = EnclosedStanza.ReadMessage(element, "jabber:component:accept", PrivilegeNamespaces.Second, default, out var message);
            var asIq = EnclosedStanza.ReadIq(element, "jabber:component:accept", default, out var iq);
            return (asMessage == EnclosedOutcome.Found) == (message is not null) && (asIq == EnclosedOutcome.Found) == (iq is not null)
                && message is not { Head.Kind: not StanzaKind.Message } && iq is not { Head.Kind: not StanzaKind.Iq };
        }));

        Assert.True(read > 1000, $"{read} were read: no test");
    }

    [Fact]
    public void Iq_WithAnotherId_IsOtherwiseAsItWas()
    {
        TryFrame("<iq type='set' id='o'><privileged_iq xmlns='urn:xmpp:privilege:2'><iq xmlns='jabber:client' to='b' id=\"it's\" type='set'><a id='x' xmlns='urn:a'/></iq></privileged_iq></iq>", out var element, out _);
        Assert.Equal(EnclosedOutcome.Found, EnclosedStanza.ReadIq(element, "jabber:component:accept", default, out var iq));

        var other = iq!.WithId("wire"u8);

        Assert.Equal("<iq xmlns='jabber:client' to='b' id=\"wire\" type='set'><a id='x' xmlns='urn:a'/></iq>", Encoding.UTF8.GetString(other.Xml));
        Assert.Equal(("wire", StanzaType.Set, 1), (other.Head.IdText(other.Xml), other.Head.StanzaType, other.Head.ChildElements));
    }

    /// <summary>As a component's stream brings it; false for what is none.</summary>
    private static bool TryFrame(string xml, out byte[] element, out ElementHead head)
    {
        var buffer = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(Header + xml + "</stream:stream>"));
        var framer = new StanzaFramer(1_000_000);
        (element, head) = ([], default);
        try
        {
            if (!framer.TryRead(ref buffer, out _) || !framer.TryRead(ref buffer, out var frame) || frame.Kind != FrameKind.Element)
            {
                return false;
            }

            (element, head) = (frame.Bytes.ToArray(), frame.Head);
            return framer.TryRead(ref buffer, out var end) && end.Kind == FrameKind.StreamEnd;
        }
        catch (StreamException)
        {
            return false;
        }
    }

    private static bool TryParse(string xml, out XElement? element)
    {
        try
        {
            element = XElement.Parse(xml, LoadOptions.PreserveWhitespace);
            return true;
        }
        catch (XmlException)
        {
            element = null;
            return false;
        }
    }

    private static string Canonical(XElement element)
    {
        var attributes = element.Attributes().Where(attribute => !attribute.IsNamespaceDeclaration).Select(attribute => $"{attribute.Name}={attribute.Value}").Order(StringComparer.Ordinal);
        var content = element.Nodes().Select(node => node is XElement child ? Canonical(child) : ((XText)node).Value);
        return $"<{element.Name} {string.Join(' ', attributes)}>{string.Concat(content)}</>";
    }
}
