using System.Buffers;
using System.Text;
using System.Xml.Linq;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Muc;

namespace Krewe.Tests.Unit.Muc;

/// <summary>What a room sends, as it goes over the wire.</summary>
public sealed class MucStanzaWriterTests
{
    private static readonly MucStanza Presence = new() { Kind = StanzaKind.Presence, Type = StanzaType.Available, From = Jid.Parse("coven@chat.example/thirdwitch") };
    private static readonly MucStanza Message = new() { Kind = StanzaKind.Message, Type = StanzaType.Groupchat, From = Jid.Parse("coven@chat.example/thirdwitch") };

    [Fact]
    public void Entry_HasItemJidAndStatuses() => Check(
        """
        <presence to='R' from='coven@chat.example/thirdwitch' id='a&amp;b'><x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='member' role='participant' jid='hag@h.example/pda'/><status code='100'/><status code='110'/></x><occupant-id xmlns='urn:xmpp:occupant-id:0' id='dd72'/></presence>
        """,
        Presence with
        {
            Id = "a&b",
            OccupantId = "dd72",
            User = new MucUserExtension { Item = new MucUserItem(MucAffiliation.Member, MucRole.Participant, Jid.Parse("hag@h.example/pda")), Statuses = [100, 110] },
        });

    [Fact]
    public void Kick_HasActorAndReason() => Check(
        """
        <presence to='R' from='coven@chat.example/thirdwitch' type='unavailable'><x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='none' role='none'><actor nick='Fluellen'/><reason>Avaunt, &lt;you&gt; cullion!</reason></item><status code='307'/></x></presence>
        """,
        Presence with
        {
            Type = StanzaType.Unavailable,
            User = new MucUserExtension { Item = new MucUserItem(MucAffiliation.None, MucRole.None, Actor: "Fluellen", Reason: "Avaunt, <you> cullion!"), Statuses = [307] },
        });

    [Fact]
    public void Destroy_HasWhatThereIs() => Check(
        """
        <presence to='R' from='coven@chat.example/thirdwitch' type='unavailable'><x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='none' role='none' nick='o&apos;nick'/><destroy jid='other@chat.example'><reason>Macbeth</reason><password>p&amp;w</password></destroy></x></presence>
        """,
        Presence with
        {
            Type = StanzaType.Unavailable,
            User = new MucUserExtension
            {
                Item = new MucUserItem(MucAffiliation.None, MucRole.None, Nickname: "o'nick"), Destroy = new MucDestroy(Jid.Parse("other@chat.example"), "Macbeth", "p&w"),
            },
        });

    [Fact]
    public void Message_CarriesWhatItsSenderWrote_AndWhenItWasSent() => Check(
        """
        <message to='R' from='coven@chat.example/thirdwitch' type='groupchat' xml:lang='en' xmlns:p='urn:p'><body>hi</body><p:a/><x xmlns='http://jabber.org/protocol/muc#user'/><delay xmlns='urn:xmpp:delay' from='coven@chat.example' stamp='2002-10-13T23:58:37.000Z'/></message>
        """,
        Message with
        {
            Payload = new MucPayload("<body>hi</body><p:a/>"u8.ToArray(), " xml:lang='en' xmlns:p='urn:p'"u8.ToArray()),
            User = MucUserExtension.Empty,
            SentAt = new DateTimeOffset(2002, 10, 14, 1, 58, 37, TimeSpan.FromHours(2)),
        });

    [Theory]
    [InlineData("", "<subject></subject>")]
    [InlineData("Fire & cauldron", "<subject>Fire &amp; cauldron</subject>")]
    public void Subject_IsAlwaysThere(string subject, string expected) => Check(
        $"<message to='R' from='coven@chat.example' type='groupchat'>{expected}</message>",
        Message with { From = Jid.Parse("coven@chat.example"), Subject = subject });

    [Fact]
    public void IqError_HasTheIdThatItAnswers() => Check(
        "<iq to='R' from='coven@chat.example/thirdwitch' type='error' id='q1'><error type='wait'><remote-server-timeout xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
        Presence with { Kind = StanzaKind.Iq, Type = StanzaType.Error, Id = "q1", Error = StanzaError.RemoteServerTimeout });

    [Fact]
    public void VoiceRequest_IsTheFormForModerators()
    {
        var form = Write(Message with { Type = StanzaType.Normal, VoiceRequest = new MucVoiceRequest(Jid.Parse("hag@h.example/pda"), "third & <witch>") }).Elements().Single();

        Assert.Equal(XName.Get("x", "jabber:x:data"), form.Name);
        Assert.Equal("form", form.Attribute("type")!.Value);
        Assert.Equal(
            ["FORM_TYPE=http://jabber.org/protocol/muc#request", "muc#role=participant", "muc#jid=hag@h.example/pda", "muc#roomnick=third & <witch>", "muc#request_allow=false"],
            form.Elements(form.Name.Namespace + "field").Select(field => $"{field.Attribute("var")!.Value}={field.Element(form.Name.Namespace + "value")!.Value}"));
    }

    [Fact]
    public void Every_AffiliationAndRole_IsSpelledAsItIsNamed()
    {
        foreach (var affiliation in Enum.GetValues<MucAffiliation>())
        {
            foreach (var role in Enum.GetValues<MucRole>())
            {
                var item = Write(Presence with { User = new MucUserExtension { Item = new MucUserItem(affiliation, role) } }).Descendants().Single(element => element.Name.LocalName == "item");
                Assert.Equal($"{affiliation}".ToLowerInvariant(), item.Attribute("affiliation")!.Value);
                Assert.Equal($"{role}".ToLowerInvariant(), item.Attribute("role")!.Value);
            }
        }
    }

    private static void Check(string expected, MucStanza stanza) => Assert.Equal(expected, Text(stanza));

    private static XElement Write(MucStanza stanza) => XElement.Parse(Text(stanza));

    private static string Text(MucStanza stanza)
    {
        var output = new ArrayBufferWriter<byte>();
        output.Write(MucStanzaWriter.Start(stanza.Kind));
        output.Write("R"u8);
        MucStanzaWriter.WriteRest(output, stanza);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
