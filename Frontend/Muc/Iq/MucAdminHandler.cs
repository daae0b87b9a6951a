using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Iq;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Muc.Iq;

/// <summary>muc#admin (XEP-0045 §8.2 to §8.6, §9, §10.3 to §10.8): lists of roles and affiliations, and their changes, all items or none.</summary>
internal sealed class MucAdminHandler(IGrainFactory grains) : MucIqHandler
{
    public override string Namespace => MucAdminItems.Namespace;

    public override IqTarget Targets => IqTarget.Room;

    public override async ValueTask<IqReply> AnswerAsync(MucIqQuery query)
    {
        var room = grains.MucRoom(query.To);
        if (query.Type == StanzaType.Set)
        {
            return MucAdminItems.ReadSet(query.Xml, out var items) is { } malformed
                ? IqReply.Refused(malformed)
                : IqReply.ConfirmedUnless(await room.AdministerAsync(query.Sender, items));
        }

        if (MucAdminItems.ReadGet(query.Xml, out var affiliation, out var role) is { } unclear)
        {
            return IqReply.Refused(unclear);
        }

        var list = await room.ListAsync(query.From, affiliation, role);
        return list.Error is { } error ? IqReply.Refused(error) : IqReply.Result((ref XmppWriter xml) => Write(ref xml, list.Items));
    }

    private static void Write(ref XmppWriter xml, ImmutableArray<MucListItem> items)
    {
        xml.Raw("<query xmlns='http://jabber.org/protocol/muc#admin'>"u8);
        foreach (var item in items)
        {
            xml.Raw("<item"u8);
            xml.Attribute("affiliation"u8, MucWords.WireName(item.Affiliation));
            if (item.Role is { } role)
            {
                xml.Attribute("role"u8, MucWords.WireName(role));
            }

            if (item.Jid is { } jid)
            {
                xml.Attribute("jid"u8, jid.ToString());
            }

            if (item.Nickname is { } nickname)
            {
                xml.Attribute("nick"u8, nickname);
            }

            if (item.Reason is { } reason)
            {
                xml.Raw("><reason>"u8);
                xml.Text(reason);
                xml.Raw("</reason></item>"u8);
            }
            else
            {
                xml.Raw("/>"u8);
            }
        }

        xml.Raw("</query>"u8);
    }
}
