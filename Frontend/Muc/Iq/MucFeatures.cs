using System.Collections.Immutable;
using System.Globalization;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Muc;
using Krewe.Frontend.Forms;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Muc.Iq;

/// <summary>What room services and rooms tell of themselves in disco#info (XEP-0045 §6.2, §6.4).</summary>
internal static class MucFeatures
{
    private static readonly ImmutableArray<string> OfServices =
    [
        "http://jabber.org/protocol/disco#info",
        "http://jabber.org/protocol/disco#items",
        "http://jabber.org/protocol/muc",
        "http://jabber.org/protocol/muc#stable_id",
        "http://jabber.org/protocol/rsm",
        "jabber:iq:version",
        "urn:xmpp:ping",
        "urn:xmpp:time",
    ];

    /// <summary>Of every room, whatever its configuration.</summary>
    private static readonly ImmutableArray<string> OfRooms =
    [
        "http://jabber.org/protocol/disco#info",
        "http://jabber.org/protocol/disco#items",
        "http://jabber.org/protocol/muc",
        "http://jabber.org/protocol/muc#register",
        "http://jabber.org/protocol/muc#request",
        "http://jabber.org/protocol/muc#roomconfig",
        "http://jabber.org/protocol/muc#roominfo",
        "http://jabber.org/protocol/muc#self-ping-optimization",
        "http://jabber.org/protocol/muc#stable_id",
        "jabber:iq:register",
        "urn:xmpp:occupant-id:0",
        "urn:xmpp:ping",
    ];

    public static void WriteService(ref XmppWriter xml, MucServiceSettings service)
    {
        WriteIdentity(ref xml, service.Name ?? service.Domain);
        WriteFeatures(ref xml, OfServices);
    }

    public static void WriteRoom(ref XmppWriter xml, string localpart, MucRoomInfo room)
    {
        WriteIdentity(ref xml, NameOf(room.Config.Name, localpart));
        WriteFeatures(ref xml, OfRooms);
        WriteFeatures(ref xml, Of(room.Config));
        WriteRoomForm(ref xml, room);
    }

    public static void WriteIdentity(ref XmppWriter xml, string name)
    {
        xml.Raw("<identity category='conference' type='text'"u8);
        xml.Attribute("name"u8, name);
        xml.Raw("/>"u8);
    }

    /// <summary>What people see of a room that has no name.</summary>
    public static string NameOf(string? name, string localpart) => string.IsNullOrEmpty(name) ? localpart : name;

    /// <summary>One of each pair (specs M-003).</summary>
    private static ImmutableArray<string> Of(MucRoomConfig config) =>
    [
        config.IsPublic ? "muc_public" : "muc_hidden",
        config.IsMembersOnly ? "muc_membersonly" : "muc_open",
        config.IsModerated ? "muc_moderated" : "muc_unmoderated",
        config.IsNonAnonymous ? "muc_nonanonymous" : "muc_semianonymous",
        config.Password is null ? "muc_unsecured" : "muc_passwordprotected",
        config.IsPersistent ? "muc_persistent" : "muc_temporary",
    ];

    /// <summary>XEP-0045 §15.5.4. What is talked about behind a door is told behind it.</summary>
    private static void WriteRoomForm(ref XmppWriter xml, MucRoomInfo room)
    {
        var config = room.Config;
        DataFormWriter.WriteStart(ref xml, DataFormType.Result, "http://jabber.org/protocol/muc#roominfo");
        WriteText(ref xml, "muc#roominfo_description", "Description of the room", config.Description);
        WriteText(ref xml, "muc#roominfo_lang", "Language that is spoken", config.Language);
        WriteText(ref xml, "muc#roominfo_occupants", "How many are in the room", room.Occupants.ToString(CultureInfo.InvariantCulture));
        WriteText(ref xml, "muc#roominfo_subject", "Subject", config.IsMembersOnly || config.Password is not null ? null : room.Subject);
        DataFormWriter.WriteField(
            ref xml, DataFormFieldType.Boolean, "muc#roominfo_changesubject", "Participants may change the subject", [DataFormWriter.WireName(config.MayChangeSubject)]);
        WriteText(ref xml, "muc#maxhistoryfetch", "How many messages those who enter may get", config.HistoryLength.ToString(CultureInfo.InvariantCulture));
        DataFormWriter.WriteEnd(ref xml);
    }

    private static void WriteText(ref XmppWriter xml, string name, string label, string? value) =>
        DataFormWriter.WriteField(ref xml, DataFormFieldType.TextSingle, name, label, value is null ? [] : [value]);

    private static void WriteFeatures(ref XmppWriter xml, ImmutableArray<string> features)
    {
        foreach (var feature in features)
        {
            xml.Raw("<feature"u8);
            xml.Attribute("var"u8, feature);
            xml.Raw("/>"u8);
        }
    }
}
