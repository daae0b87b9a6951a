using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Delivery;
using Krewe.Frontend.Routing;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Muc;

/// <summary>What clients send to room services, rooms and their occupants (XEP-0045): presence and messages to the rooms, IQs to their handlers or to occupants.</summary>
internal sealed class MucRouter(IGrainFactory grains, IqRouter iqs, MucMediator mediator)
{
    private readonly SemaphoreSlim _departures = new(RoomVisits.DeparturesMax);

    public ValueTask RouteAsync(IRoomVisitor session, ReadOnlySpan<byte> element, in ElementHead head, Jid to, HostedDomain hosted)
    {
        if (!DomainScope.MayCross(session.Hosted, hosted))
        {
            Refuse(session, element, head, to, StanzaError.RemoteServerNotFound);
            return default;
        }

        // What reads the inside does not know the stream's own prefixes, and nobody may forge the room's word by one of them.
        var whole = head.UsesStreamPrefix ? StanzaStamping.StampBytes(session, element, head, null, out _) : element;
        return head.Kind switch
        {
            StanzaKind.Presence => RoutePresence(session, element, whole, head, to),
            StanzaKind.Message => RouteMessage(session, element, whole, head, to, hosted),
            _ => RouteIq(session, element, whole, head, to, hosted),
        };
    }

    /// <summary>XEP-0045 §7.14: whoever becomes unavailable to all is so to the rooms.</summary>
    public static void LeaveAll(IRoomVisitor session, ReadOnlySpan<byte> element, in ElementHead head)
    {
        if (session.Rooms is { Count: > 0 } rooms)
        {
            var whole = head.UsesStreamPrefix ? StanzaStamping.StampBytes(session, element, head, null, out _) : element;
            var content = MucStanzaReader.Read(whole, StanzaKind.Presence, session.StreamLang, session.Address);
            _ = rooms.LeaveAllAsync(MucLeaveCause.Left, head.IdText(element), content.Payload);
        }
    }

    private static void Refuse(IRoomVisitor session, ReadOnlySpan<byte> element, in ElementHead head, Jid to, StanzaError error) =>
        StanzaErrorWriter.Refuse(session, head.Kind, head.StanzaType, head.IdText(element), to, error);

    private RoomVisits Visits(IRoomVisitor session) =>
        session.Rooms ??= new RoomVisits(grains, session.MucSession, new RoomReplies(session), _departures);

    private ValueTask RoutePresence(IRoomVisitor session, ReadOnlySpan<byte> element, ReadOnlySpan<byte> whole, in ElementHead head, Jid to)
    {
        if (head.StanzaType == StanzaType.Invalid)
        {
            // RFC 6121 §4.7.1
            Refuse(session, element, head, to, StanzaError.BadRequest);
            return default;
        }

        if (!to.HasLocalpart)
        {
            // The service itself is nobody's contact.
            return default;
        }

        switch (head.StanzaType)
        {
            case StanzaType.Available:
                return EnterAsync(session, element, whole, head, to);
            case StanzaType.Unavailable when session.Rooms is { } rooms:
                var content = MucStanzaReader.Read(whole, StanzaKind.Presence, session.StreamLang, to);
                return rooms.LeaveAsync(to, MucLeaveCause.Left, head.IdText(element), content.Payload);
            case StanzaType.Error when MucBounces.IsOfAGhost(whole):
                return LeaveAsGhost(session, to);
            case StanzaType.Subscribe:
                // A room has no roster; so that nobody waits for its consent, it refuses. The sender's roster has no part in it (RFC 6121 §3.1 is about users).
                WriteUnsubscribed(session, to);
                return default;
            default:
                return default;
        }
    }

    private ValueTask EnterAsync(IRoomVisitor session, ReadOnlySpan<byte> element, ReadOnlySpan<byte> whole, in ElementHead head, Jid to)
    {
        var rooms = Visits(session);
        var content = MucStanzaReader.Read(whole, StanzaKind.Presence, session.StreamLang, to);
        var isJoin = content.Has(MucChildren.Join);
        var (password, history) = isJoin ? MucEntryReader.Read(whole) : default;
        var presence = new MucPresence(rooms.Self, to.Resourcepart ?? "", head.IdText(element), content.Payload, isJoin, password, history);
        var sent = new RoomPresence(to, presence);
        if (to.IsBare)
        {
            // XEP-0045 §7.2.1: no nickname.
            rooms.Replies.RefuseEntry(sent, StanzaError.JidMalformed);
            return default;
        }

        return rooms.EnterAsync(sent);
    }

    /// <summary>What the room sent could not be delivered to the very session that says so (specs M-067).</summary>
    private static ValueTask LeaveAsGhost(IRoomVisitor session, Jid room) =>
        session.Rooms?.LeaveAsync(room, MucLeaveCause.DeliveryFailed, null, MucPayload.Empty) ?? default;

    private static void WriteUnsubscribed(IRoomVisitor session, Jid to)
    {
        var output = ReplyBuffer.Rent();
        ServerStanzaWriter.WritePresence(output, new StanzaFrame(StanzaKind.Presence, StanzaType.Unsubscribed, to.ToBare(), null, null, default, 0), session.Address.ToBare());
        session.Enqueue(output.WrittenSpan);
    }

    private ValueTask RouteMessage(IRoomVisitor session, ReadOnlySpan<byte> element, ReadOnlySpan<byte> whole, in ElementHead head, Jid to, HostedDomain hosted)
    {
        var type = head.StanzaType;
        if (!to.HasLocalpart)
        {
            Refuse(session, element, head, to, StanzaError.ServiceUnavailable);
            return default;
        }

        if (type == StanzaType.Groupchat && !to.IsBare)
        {
            // XEP-0045 §7.5
            Refuse(session, element, head, to, StanzaError.BadRequest);
            return default;
        }

        var isOfAGhost = type == StanzaType.Error && MucBounces.IsOfAGhost(whole);
        if (isOfAGhost || (type == StanzaType.Error && to.IsBare))
        {
            return isOfAGhost ? LeaveAsGhost(session, to) : default;
        }

        var rooms = Visits(session);
        var content = MucStanzaReader.Read(whole, StanzaKind.Message, session.StreamLang, to);
        if (to.IsBare && type != StanzaType.Groupchat)
        {
            return rooms.RunAsync(to, new RoomErrand(session, to, type, head.IdText(element), ReadErrand(rooms, whole, content, to, hosted)));
        }

        var isSubject = to.IsBare && content.IsSubject;
        var message = new MucMessage(rooms.Self, to.Resourcepart, type, head.IdText(element), content.Payload, isSubject, content.Has(MucChildren.Body));
        return rooms.RunAsync(to, new RoomMessage(session, to, message, isSubject ? MucSubject.Read(whole) : null));
    }

    /// <summary>What a message that is no groupchat wants of the room itself.</summary>
    private Func<RoomVisit, Task<StanzaError?>> ReadErrand(RoomVisits rooms, ReadOnlySpan<byte> message, MucContent content, Jid room, HostedDomain hosted)
    {
        var asked = content.Has(MucChildren.User) ? MucInvitations.Read(message) : null;
        if (asked is { Invitations.IsEmpty: false })
        {
            return visit => mediator.InviteAsync(visit, rooms.Self, asked, hosted.Host);
        }

        if (asked is { Decline: { } decline })
        {
            return visit => mediator.DeclineAsync(visit, rooms.Self, decline, hosted.Host);
        }

        return content.Has(MucChildren.Form) && MucVoiceForm.Read(message) is { } form
            ? visit => form.ApplyAsync(visit, rooms.Self)
            : _ => Task.FromResult<StanzaError?>(rooms.IsInside(room) ? StanzaError.BadRequest : StanzaError.NotAcceptable);
    }

    private ValueTask RouteRequest(IRoomVisitor session, ReadOnlySpan<byte> element, ReadOnlySpan<byte> whole, in ElementHead head, Jid to, HostedDomain hosted)
    {
        if (iqs.FindForRooms(session, element, whole, head, to, hosted) is not { } found)
        {
            return default;
        }

        var rooms = Visits(session);
        var request = new RoomRequest(rooms, found.Handler, found.Request);
        if (request.IsInOrder)
        {
            return rooms.RunAsync(to, request);
        }

        request.Begin();
        return default;
    }

    private ValueTask RouteIq(IRoomVisitor session, ReadOnlySpan<byte> element, ReadOnlySpan<byte> whole, in ElementHead head, Jid to, HostedDomain hosted)
    {
        if (to.IsBare)
        {
            return RouteRequest(session, element, whole, head, to, hosted);
        }

        if (!IqRouter.IsProper(session, element, head, to))
        {
            return default;
        }

        var payload = head.FirstChildNamespace(element);
        var isForAccount = head.StanzaType == StanzaType.Get
            && (payload.SequenceEqual("vcard-temp"u8) || payload.SequenceEqual("http://jabber.org/protocol/pubsub"u8));
        if (!to.HasLocalpart || isForAccount)
        {
            // What is kept for an account is not for its resource to answer (XEP-0045 §17.4).
            Refuse(session, element, head, to, StanzaError.ServiceUnavailable);
            return default;
        }

        var rooms = Visits(session);
        var content = MucStanzaReader.Read(whole, StanzaKind.Iq, session.StreamLang, to);
        var isPing = head.StanzaType == StanzaType.Get && content.Has(MucChildren.Ping);
        var iq = new MucIq(rooms.Self, to.Resourcepart!, head.StanzaType, head.IdText(element)!, content.Payload, isPing);
        return rooms.RunAsync(to, new RoomIq(session, to, iq));
    }
}
