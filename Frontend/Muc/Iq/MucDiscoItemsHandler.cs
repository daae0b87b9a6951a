using Krewe.Contracts.Addressing;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Iq;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Muc.Iq;

/// <summary>disco#items of room services, their public rooms page by page (XEP-0045 §6.3), and of rooms, the nicknames that the room shows (§6.5).</summary>
internal sealed class MucDiscoItemsHandler(IGrainFactory grains) : MucIqHandler
{
    /// <summary>Rooms of a page whose size the request leaves open.</summary>
    internal const int RoomsDefault = 100;

    /// <summary>Rooms of a page at most, and of a list for somebody who knows no pages.</summary>
    internal const int RoomsMax = 250;

    private readonly MucRoomDirectory _directory = new(grains);

    public override string Namespace => "http://jabber.org/protocol/disco#items";

    public override IqTarget Targets => IqTarget.Room | IqTarget.RoomService;

    public override bool IsInOrder => false;

    public override async ValueTask<IqReply> AnswerAsync(MucIqQuery query)
    {
        if (query.Type == StanzaType.Set)
        {
            return IqReply.Refused(StanzaError.NotAllowed);
        }

        if (DiscoNode.Of(query.Xml) is not null)
        {
            return IqReply.Refused(StanzaError.ItemNotFound);
        }

        return query.To.HasLocalpart ? await OccupantsAsync(query) : await RoomsAsync(query);
    }

    private async Task<IqReply> RoomsAsync(MucIqQuery query)
    {
        if (ResultSetRequest.Read(query.Xml, out var request) is { } error)
        {
            return IqReply.Refused(error);
        }

        Jid? after = null;
        if (request?.After is { } place && !(Jid.TryParse(place, out after) && after.Domainpart == query.To.Bare))
        {
            // XEP-0059 §2.5: a place that the list does not have.
            return IqReply.Refused(StanzaError.ItemNotFound);
        }

        var limit = request is null ? RoomsMax : Math.Min(request.Max ?? RoomsDefault, RoomsMax);
        var page = await _directory.ReadAsync(query.To.Bare, after?.Bare, limit);
        return IqReply.Result((ref XmppWriter xml) =>
        {
            xml.Raw("<query xmlns='http://jabber.org/protocol/disco#items'>"u8);
            foreach (var room in page.Rooms)
            {
                DiscoItems.Write(ref xml, room.Room, MucFeatures.NameOf(room.Name, room.Room[..room.Room.IndexOf('@')]));
            }

            if (request is not null || !page.IsLast)
            {
                new ResultSetPage(page.Rooms.IsEmpty ? null : page.Rooms[0].Room, page.Last, page.Count).Write(ref xml);
            }

            xml.Raw("</query>"u8);
        });
    }

    private async Task<IqReply> OccupantsAsync(MucIqQuery query)
    {
        if (await grains.MucRoom(query.To).ItemsAsync(query.From) is not { } nicknames)
        {
            return IqReply.Refused(StanzaError.ItemNotFound);
        }

        return IqReply.Result((ref XmppWriter xml) =>
        {
            xml.Raw("<query xmlns='http://jabber.org/protocol/disco#items'>"u8);
            foreach (var nickname in nicknames)
            {
                DiscoItems.Write(ref xml, query.To.WithPreparedResource(nickname).ToString(), null);
            }

            xml.Raw("</query>"u8);
        });
    }
}
