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
internal sealed class MucRouter(IGrainFactory grains, FrontendRegistration registration, IqRouter iqs, MucMediator mediator)
{
    private readonly SemaphoreSlim _departures = new(RoomVisits.DeparturesMax);

    public ValueTask RouteAsync(C2SStream stream, ReadOnlySpan<byte> element, in ElementHead head, Jid to, HostedDomain hosted)
    {
        if (!IsReachable(stream, hosted))
        {
            Refuse(stream, element, head, to, StanzaError.RemoteServerNotFound);
            return default;
        }

        // What reads the inside does not know the stream's own prefixes, and nobody may forge the room's word by one of them.
        var whole = head.UsesStreamPrefix ? StanzaStamping.StampBytes(stream, element, head, null, out _) : element;
        return head.Kind switch
        {
            StanzaKind.Presence => RoutePresence(stream, element, whole, head, to),
            StanzaKind.Message => RouteMessage(stream, element, whole, head, to, hosted),
            _ => RouteIq(stream, element, whole, head, to, hosted),
        };
    }

    /// <summary>XEP-0045 §7.14: whoever becomes unavailable to all is so to the rooms.</summary>
    public static void LeaveAll(C2SStream stream, ReadOnlySpan<byte> element, in ElementHead head)
    {
        if (stream.Rooms is { Count: > 0 } rooms)
        {
            var whole = head.UsesStreamPrefix ? StanzaStamping.StampBytes(stream, element, head, null, out _) : element;
            var content = MucStanzaReader.Read(whole, StanzaKind.Presence, stream.StreamLang, stream.Self!);
            _ = rooms.LeaveAllAsync(MucLeaveCause.Left, head.IdText(element), content.Payload);
        }
    }

    /// <summary>As between hosts: the other one is there, and neither is closed.</summary>
    private static bool IsReachable(C2SStream stream, HostedDomain hosted) =>
        hosted.Host.Domain == stream.Domain || (hosted.Host is { Enabled: true, Isolate: false } && !stream.Host.Isolate);

    private static void Refuse(C2SStream stream, ReadOnlySpan<byte> element, in ElementHead head, Jid to, StanzaError error) =>
        StanzaErrorWriter.Refuse(stream, head.Kind, head.StanzaType, head.IdText(element), to, error);

    private RoomVisits Visits(C2SStream stream) =>
        stream.Rooms ??= new RoomVisits(grains, new MucSession(registration.Frontend, stream.Session, stream.Self!), new RoomReplies(stream), _departures);

    private ValueTask RoutePresence(C2SStream stream, ReadOnlySpan<byte> element, ReadOnlySpan<byte> whole, in ElementHead head, Jid to)
    {
        if (head.StanzaType == StanzaType.Invalid)
        {
            // RFC 6121 §4.7.1
            Refuse(stream, element, head, to, StanzaError.BadRequest);
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
                return EnterAsync(stream, element, whole, head, to);
            case StanzaType.Unavailable when stream.Rooms is { } rooms:
                var content = MucStanzaReader.Read(whole, StanzaKind.Presence, stream.StreamLang, to);
                return rooms.LeaveAsync(to, MucLeaveCause.Left, head.IdText(element), content.Payload);
            case StanzaType.Error when MucBounces.IsOfAGhost(whole):
                return LeaveAsGhost(stream, to);
            case StanzaType.Subscribe:
                // A room has no roster; so that nobody waits for its consent, it refuses. The sender's roster has no part in it (RFC 6121 §3.1 is about users).
                WriteUnsubscribed(stream, to);
                return default;
            default:
                return default;
        }
    }

    private ValueTask EnterAsync(C2SStream stream, ReadOnlySpan<byte> element, ReadOnlySpan<byte> whole, in ElementHead head, Jid to)
    {
        var rooms = Visits(stream);
        var content = MucStanzaReader.Read(whole, StanzaKind.Presence, stream.StreamLang, to);
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
    private static ValueTask LeaveAsGhost(C2SStream stream, Jid room) =>
        stream.Rooms?.LeaveAsync(room, MucLeaveCause.DeliveryFailed, null, MucPayload.Empty) ?? default;

    private static void WriteUnsubscribed(C2SStream stream, Jid to)
    {
        var output = ReplyBuffer.Rent();
        ServerStanzaWriter.WritePresence(output, new StanzaFrame(StanzaKind.Presence, StanzaType.Unsubscribed, to.ToBare(), null, null, default, 0), stream.Self!.ToBare());
        stream.Enqueue(output.WrittenSpan);
    }

    private ValueTask RouteMessage(C2SStream stream, ReadOnlySpan<byte> element, ReadOnlySpan<byte> whole, in ElementHead head, Jid to, HostedDomain hosted)
    {
        var type = head.StanzaType;
        if (!to.HasLocalpart)
        {
            Refuse(stream, element, head, to, StanzaError.ServiceUnavailable);
            return default;
        }

        if (type == StanzaType.Groupchat && !to.IsBare)
        {
            // XEP-0045 §7.5
            Refuse(stream, element, head, to, StanzaError.BadRequest);
            return default;
        }

        var isOfAGhost = type == StanzaType.Error && MucBounces.IsOfAGhost(whole);
        if (isOfAGhost || (type == StanzaType.Error && to.IsBare))
        {
            return isOfAGhost ? LeaveAsGhost(stream, to) : default;
        }

        var rooms = Visits(stream);
        var content = MucStanzaReader.Read(whole, StanzaKind.Message, stream.StreamLang, to);
        if (to.IsBare && type != StanzaType.Groupchat)
        {
            return rooms.RunAsync(to, new RoomErrand(stream, to, type, head.IdText(element), ReadErrand(rooms, whole, content, to, hosted)));
        }

        var isSubject = to.IsBare && content.IsSubject;
        var message = new MucMessage(rooms.Self, to.Resourcepart, type, head.IdText(element), content.Payload, isSubject, content.Has(MucChildren.Body));
        return rooms.RunAsync(to, new RoomMessage(stream, to, message, isSubject ? MucSubject.Read(whole) : null));
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

    private ValueTask RouteRequest(C2SStream stream, ReadOnlySpan<byte> element, ReadOnlySpan<byte> whole, in ElementHead head, Jid to, HostedDomain hosted)
    {
        if (iqs.FindForRooms(stream, element, whole, head, to, hosted) is not { } found)
        {
            return default;
        }

        var rooms = Visits(stream);
        var request = new RoomRequest(rooms, found.Handler, found.Request);
        if (request.IsInOrder)
        {
            return rooms.RunAsync(to, request);
        }

        request.Begin();
        return default;
    }

    private ValueTask RouteIq(C2SStream stream, ReadOnlySpan<byte> element, ReadOnlySpan<byte> whole, in ElementHead head, Jid to, HostedDomain hosted)
    {
        if (to.IsBare)
        {
            return RouteRequest(stream, element, whole, head, to, hosted);
        }

        if (!IqRouter.IsProper(stream, element, head, to))
        {
            return default;
        }

        var payload = head.FirstChildNamespace(element);
        var isForAccount = head.StanzaType == StanzaType.Get
            && (payload.SequenceEqual("vcard-temp"u8) || payload.SequenceEqual("http://jabber.org/protocol/pubsub"u8));
        if (!to.HasLocalpart || isForAccount)
        {
            // What is kept for an account is not for its resource to answer (XEP-0045 §17.4).
            Refuse(stream, element, head, to, StanzaError.ServiceUnavailable);
            return default;
        }

        var rooms = Visits(stream);
        var content = MucStanzaReader.Read(whole, StanzaKind.Iq, stream.StreamLang, to);
        var isPing = head.StanzaType == StanzaType.Get && content.Has(MucChildren.Ping);
        var iq = new MucIq(rooms.Self, to.Resourcepart!, head.StanzaType, head.IdText(element)!, content.Payload, isPing);
        return rooms.RunAsync(to, new RoomIq(stream, to, iq));
    }
}
