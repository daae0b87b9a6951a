using System.Text;
using Krewe.Frontend.Muc;

namespace Krewe.Tests.Unit.Muc;

/// <summary>What clients ask of a room inside their stanzas.</summary>
public sealed class MucRequestReaderTests
{
    [Theory]
    [InlineData("", null, null)]
    [InlineData("<password>cauldronburn</password>", "cauldronburn", null)]
    [InlineData("<password/>", "", null)]
    [InlineData("<history maxchars='0'/>", null, "0,,,")]
    [InlineData("<history maxstanzas='20' seconds='180'/><password>&lt;</password>", "<", ",20,180,")]
    [InlineData("<history since='1970-01-01T00:00:00Z'/>", null, ",,,1970-01-01T00:00:00.0000000+00:00")]
    [InlineData("<history since='2024-02-29T12:30:00.5+02:00'/>", null, ",,,2024-02-29T12:30:00.5000000+02:00")]
    [InlineData("<history maxchars='-1' maxstanzas='ten' seconds='99999999999' since='yesterday'/>", null, null)]
    [InlineData("<history maxchars=' 5' maxstanzas='7'/>", null, ",7,,")]
    public void Entry_SaysItsPasswordAndItsHistory(string inside, string? password, string? history)
    {
        var presence = $"<presence><a xmlns='urn:a'><password>no</password></a><x xmlns='http://jabber.org/protocol/muc'>{inside}</x><c xmlns='urn:c'/></presence>";

        var entry = MucEntryReader.Read(Encoding.UTF8.GetBytes(presence));

        Assert.Equal(password, entry.Password);
        Assert.Equal(history, entry.History is { } asked ? $"{asked.MaxCharacters},{asked.MaxStanzas},{asked.Seconds},{asked.Since:O}" : null);
    }

    [Fact]
    public void Invitations_AreAllRead()
    {
        var asked = Invitations(
            "<body>come</body><x xmlns='http://jabber.org/protocol/muc#user'><invite to='hecate@h.example'><reason>Hey &amp; ho</reason></invite>"
            + "<invite to='@'/><invite to='hag@h.example/pda'><continue thread='e0ff'/></invite><invite><continue/></invite></x>");

        Assert.Equal(["hecate@h.example|Hey & ho|", "||", "hag@h.example/pda||e0ff", "||-"], asked.Invitations.Select(one =>
            $"{one.To}|{one.Reason}|{(one.Thread is "" ? "-" : one.Thread)}"));
        Assert.Null(asked.Decline);
    }

    [Fact]
    public void Decline_NamesTheInviter()
    {
        var asked = Invitations("<x xmlns='http://jabber.org/protocol/muc#user'><decline to='crone@h.example'><reason>Too busy</reason></decline></x>");

        Assert.Equal("crone@h.example", $"{asked.Decline!.To}");
        Assert.Equal("Too busy", asked.Decline.Reason);
        Assert.Empty(asked.Invitations);
    }

    [Fact]
    public void InvitationElsewhere_IsNone() =>
        Assert.Empty(Invitations("<x xmlns='urn:a'><invite to='a@h.example'/></x><x xmlns='http://jabber.org/protocol/muc#user'><a><invite to='a@h.example'/></a></x>").Invitations);

    [Theory]
    [InlineData("<field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#request</value></field><field var='muc#role'><value>participant</value></field>", false, false, null)]
    [InlineData("<field var='muc#roomnick'><value>witch</value></field><field var='muc#request_allow'><value>true</value></field>"
        + "<field var='FORM_TYPE' type='hidden'><value>http://jabber.org/protocol/muc#request</value></field>", true, true, "witch")]
    [InlineData("<field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#request</value></field><field var='muc#request_allow'><value>0</value></field>", true, false, null)]
    public void VoiceForm_TellsARequestFromItsAnswer(string fields, bool isAnswer, bool isGranted, string? nickname)
    {
        var form = Voice($"<x xmlns='jabber:x:data' type='submit'><title>t</title>{fields}</x>");

        Assert.Equal(new MucVoiceForm(nickname, isAnswer, isGranted), form);
    }

    [Theory]
    [InlineData("<x xmlns='jabber:x:data' type='submit'/>")]
    [InlineData("<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>urn:other</value></field></x>")]
    [InlineData("<x xmlns='jabber:x:data' type='cancel'><field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#request</value></field></x>")]
    [InlineData("<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'/></x>")]
    public void OtherForms_AreNoVoiceForms(string form) => Assert.Null(Voice(form));

    [Theory]
    [InlineData("gone", true)]
    [InlineData("item-not-found", true)]
    [InlineData("recipient-unavailable", true)]
    [InlineData("redirect", true)]
    [InlineData("remote-server-not-found", true)]
    [InlineData("remote-server-timeout", true)]
    [InlineData("service-unavailable", false)]
    [InlineData("feature-not-implemented", false)]
    public void Bounce_SaysWhetherSomebodyIsThere(string condition, bool isOfAGhost)
    {
        var error = $"<message type='error'><body/><error type='cancel'><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>gone</text><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>";

        Assert.Equal(isOfAGhost, MucBounces.IsOfAGhost(Encoding.UTF8.GetBytes(error)));
    }

    [Theory]
    [InlineData("<subject>Fire Burn</subject>", "Fire Burn")]
    [InlineData("<thread><a/></thread><subject/>", "")]
    [InlineData("<a xmlns='urn:a'><subject>x</subject></a><subject>a&amp;<![CDATA[<b>]]></subject><subject xml:lang='de'>c</subject>", "a&<b>")]
    public void Subject_IsTheFirst(string inside, string expected) => Assert.Equal(expected, MucSubject.Read(Encoding.UTF8.GetBytes($"<message>{inside}</message>")));

    private static MucInvitations Invitations(string inside) => MucInvitations.Read(Encoding.UTF8.GetBytes($"<message>{inside}</message>"));

    private static MucVoiceForm? Voice(string inside) => MucVoiceForm.Read(Encoding.UTF8.GetBytes($"<message>{inside}</message>"));
}
