using Krewe.Contracts.Addressing;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Iq;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Muc.Iq;

/// <summary>disco#info of room services (XEP-0045 §6.2), of rooms (§6.4), and of the nodes that rooms have (§7.12, §17.1.1).</summary>
internal sealed class MucDiscoInfoHandler(IGrainFactory grains) : MucIqHandler
{
    private const string ReservedNicknameNode = "x-roomuser-item";
    private const string TrafficNode = "http://jabber.org/protocol/muc#traffic";

    public override string Namespace => "http://jabber.org/protocol/disco#info";

    public override IqTarget Targets => IqTarget.Room | IqTarget.RoomService;

    public override bool IsInOrder => false;

    public override async ValueTask<IqReply> AnswerAsync(MucIqQuery query)
    {
        if (query.Type == StanzaType.Set)
        {
            return IqReply.Refused(StanzaError.NotAllowed);
        }

        return DiscoNode.Of(query.Xml) switch
        {
            null when !query.To.HasLocalpart => Result(null, (ref XmppWriter xml) => MucFeatures.WriteService(ref xml, query.Service)),
            null => await RoomAsync(query.To),
            ReservedNicknameNode when query.To.HasLocalpart => await ReservedNicknameAsync(query),
            TrafficNode when query.To.HasLocalpart => IqReply.Refused(StanzaError.FeatureNotImplemented),
            _ => IqReply.Refused(StanzaError.ItemNotFound),
        };
    }

    private async Task<IqReply> RoomAsync(Jid room) => await grains.MucRoom(room).InfoAsync() is { } info
        ? Result(null, (ref XmppWriter xml) => MucFeatures.WriteRoom(ref xml, room.Localpart!, info))
        : IqReply.Refused(StanzaError.ItemNotFound);

    private async Task<IqReply> ReservedNicknameAsync(MucIqQuery query)
    {
        var registration = await grains.MucRoom(query.To).RegistrationAsync(query.From);
        return registration.Error is { } error ? IqReply.Refused(error) : Result(ReservedNicknameNode, (ref XmppWriter xml) =>
        {
            if (registration.Nickname is { } nickname)
            {
                MucFeatures.WriteIdentity(ref xml, nickname);
            }
        });
    }

    private static IqReply Result(string? node, XmppPayload content) => IqReply.Result((ref XmppWriter xml) =>
    {
        xml.Raw("<query xmlns='http://jabber.org/protocol/disco#info'"u8);
        if (node is not null)
        {
            xml.Attribute("node"u8, node);
        }

        xml.Raw(">"u8);
        content(ref xml);
        xml.Raw("</query>"u8);
    });
}
