using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Components;
using Krewe.Frontend.Delegation.ClientMode;
using Krewe.Frontend.Delivery;
using Krewe.Frontend.Entities;
using Krewe.Frontend.Observability;
using Krewe.Frontend.Routing;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Delegation;

/// <summary>
/// Forwards IQs of a delegated namespace to whom it is delegated (XEP-0355 §4.3). What was taken is answered, whatever becomes of it: there is no way back to the server's own
/// handlers (specs D-047).
/// </summary>
internal sealed class DelegationForwarder(
    IGrainFactory grains,
    SessionTable sessions,
    Delegates delegates,
    DelegatedServices services,
    PendingIqs pending,
    ClientGrants clients,
    FrontendInstruments instruments)
{
    /// <summary>Whether the request was taken: then it is answered, whatever becomes of it.</summary>
    /// <param name="host">The host that it is addressed to: its domain, a bare JID of it, or, from its own users, nobody.</param>
    /// <param name="to">As the sender gave it: null, the host's domain or a bare JID of the host.</param>
    /// <param name="exceptEntity">Whose request it is, whatever address it is from: a delegate's own do not come back to it (specs D-025, D-026).</param>
    public bool TryForward(IStanzaSender sender, HostSettings host, Jid? to, ReadOnlySpan<byte> element, in ElementHead head, IEntityStream? exceptEntity = null) =>
        TryForward(sender, host, to, element, head, out _, exceptEntity);

    /// <param name="placed">Done when the stream may go on, which is at once but where an answer must not be overtaken (specs D-060, D-061).</param>
    public bool TryForward(
        IStanzaSender sender, HostSettings host, Jid? to, ReadOnlySpan<byte> element, in ElementHead head, out ValueTask placed, IEntityStream? exceptEntity = null)
    {
        placed = default;
        if (!host.Delegations.IsEmpty)
        {
            foreach (var entry in DelegationTable.Of(host, instruments.Delegations).Entries)
            {
                if (entry.Fits(to, element, head) && !IsOwn(sender, exceptEntity, entry.Grant))
                {
                    placed = Forward(new Request(sender, host, entry, to, head.StanzaType, head.IdText(element)!), element, head);
                    return true;
                }
            }
        }

        if (!clients.TryFind(sender, host, to, head.FirstChildNamespace(element), out var given) || IsOwn(sender, exceptEntity, given))
        {
            return false;
        }

        var ofUser = new DelegatedNamespace(given, instruments.Delegations.Of(host.Domain, given));
        placed = Forward(new Request(sender, host, ofUser, to, head.StanzaType, head.IdText(element)!) { IsOfUser = true }, element, head);
        return true;
    }

    private static bool IsOwn(IStanzaSender sender, IEntityStream? exceptEntity, DelegationGrant grant) =>
        grant.Entity is { } entity && ((exceptEntity ?? EntityOf(sender))?.Has(entity) ?? false);

    /// <summary>It is the connection that counts, not the address: another resource of a delegate's is anybody.</summary>
    private static IEntityStream? EntityOf(IStanzaSender sender) => sender switch
    {
        C2SStream stream => stream.Entity,
        ComponentAddress component => component.Stream,
        _ => null,
    };

    private ValueTask Forward(Request request, ReadOnlySpan<byte> element, in ElementHead head)
    {
        if (request.Entry.IsInSequence && request.Sender is C2SStream stream)
        {
            return ForwardLater(stream, request, element.ToArray(), head);
        }

        ForwardNow(request, element, head, null);
        return default;
    }

    private void ForwardNow(Request request, ReadOnlySpan<byte> element, in ElementHead head, TaskCompletionSource? done)
    {
        if (request.Entry.Grant.Url is { } url)
        {
            AskService(request, url, element, head, done);
        }
        else
        {
            SendToEntity(request, element, head, done);
        }
    }

    private void AskService(Request request, string url, ReadOnlySpan<byte> element, in ElementHead head, TaskCompletionSource? done)
    {
        var iq = Pending(request, url, null, 0, done);
        if (!pending.TryAdd(iq, request.Host.Limits))
        {
            Refuse(request, StanzaError.ResourceConstraint, done);
            return;
        }

        iq.Counts.NoteForwarded();
        services.Ask(iq, request.Entry.Grant, XmlText.DecodeValue(head.FirstChildNamespace(element)), StanzaStamping.StampBytes(request.Sender, element, head, null, out _));
    }

    private void SendToEntity(Request request, ReadOnlySpan<byte> element, in ElementHead head, TaskCompletionSource? done)
    {
        var stream = request.IsOfUser
            ? delegates.FindForUser(request.Host, request.Entry.Grant, request.Sender.Address.Bare)
            : delegates.Find(request.Host, request.Entry.Grant, request.Sender.Address.Bare);
        if (stream is null)
        {
            Refuse(request, StanzaError.ServiceUnavailable, done);
            return;
        }

        var iq = Pending(request, stream.Name, stream, stream.DelegationGeneration, done);
        var stamped = StanzaStamping.StampBytes(request.Sender, element, head, null, out _);
        var start = ReplyBuffer.Rent();
        DelegationWriter.WriteWrapperStart(start, iq.Wrapper, iq.Host, stream.Address, iq.Generation);
        var inner = DelegationWriter.BehindName(stamped);
        if (start.WrittenCount + inner.Length + DelegationWriter.WrapperEnd.Length > stream.StanzaBytesMax)
        {
            Refuse(request, StanzaError.PolicyViolation, done);
            return;
        }

        if (!pending.TryAdd(iq, request.Host.Limits))
        {
            Refuse(request, StanzaError.ResourceConstraint, done);
            return;
        }

        // Before it is, as its answer may be there before this is done. Within forwarded, no stream's content namespace counts.
        iq.Counts.NoteForwarded();
        stream.CountSent(StanzaKind.Iq);
        var isSent = stream.EnqueueScoped(start.WrittenSpan, inner, DelegationWriter.WrapperEnd);

        // A stream that ended before the request was entered did not find it among those that fail with it.
        if ((!isSent || !stream.IsOpen) && pending.TryTake(iq))
        {
            Refuse(request, StanzaError.ServiceUnavailable, done);
        }
    }

    private static PendingIq Pending(Request request, string asked, IEntityStream? stream, int generation, TaskCompletionSource? done) => new()
    {
        Host = request.Host.Domain,
        Delegate = asked,
        Stream = stream,
        Generation = generation,
        Requester = request.Sender,
        Type = request.Type,
        Id = request.Id,
        To = request.To,
        Timeout = request.Entry.Grant.Timeout,
        Counts = request.Entry.Counts,
        Done = done,
    };

    private static void Refuse(Request request, StanzaError error, TaskCompletionSource? done)
    {
        request.Entry.Counts.NoteRefused();
        StanzaErrorWriter.Refuse(request.Sender, StanzaKind.Iq, request.Type, request.Id, request.To, error);
        done?.TrySetResult();
    }

    /// <summary>In the stream's order, with later presence behind it: what a client does upon its roster depends on that.</summary>
    private ValueTask ForwardLater(C2SStream stream, Request request, byte[] element, ElementHead head) =>
        stream.QueueStepAsync(() => ForwardAndWaitAsync(stream, request, element, head), holdsBackOthers: false);

    private async Task ForwardAndWaitAsync(C2SStream stream, Request request, byte[] element, ElementHead head)
    {
        var self = stream.Self!;
        if (request.Type != StanzaType.Get || (request.To is not null && request.To.Bare != self.Bare))
        {
            await ForwardAndWaitAsync(request, element, head);
            return;
        }

        // RFC 6121 §2.2: whoever asked for the roster gets pushes, which do not come before the answer.
        stream.HoldPushes();
        try
        {
            await grains.Sessions(self).InterestedAsync(stream.Session, sessions.FrontendName);
            await ForwardAndWaitAsync(request, element, head);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            if (e is not (TimeoutException or Orleans.Runtime.OrleansException))
            {
                stream.LogFailure(e);
            }

            Refuse(request, StanzaError.InternalServerErrorWait, null);
        }
        finally
        {
            stream.WriteRoster([], null);
        }
    }

    private Task ForwardAndWaitAsync(Request request, byte[] element, ElementHead head)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ForwardNow(request, element, head, done);
        return done.Task;
    }

    private sealed record Request(IStanzaSender Sender, HostSettings Host, DelegatedNamespace Entry, Jid? To, StanzaType Type, string Id)
    {
        /// <summary>A user has delegated it, not the host (XEP-0355 §5).</summary>
        public bool IsOfUser { get; init; }
    }
}
