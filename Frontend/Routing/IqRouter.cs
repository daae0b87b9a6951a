using System.Text;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Delegation;
using Krewe.Frontend.Iq;
using Krewe.Frontend.Observability;
using Krewe.Frontend.Privileges;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Routing;

/// <summary>
/// IQs (RFC 6120 §8.2.3, §10.3.3, §10.5): every get and set gets exactly one answer. What the server answers for itself or for an account goes to the handler of
/// its payload; what is for a full JID goes there.
/// </summary>
internal sealed class IqRouter(IGrainFactory grains, IHostSettingsSource hosts, LocalRoutes routes, IqHandlers handlers, DelegationForwarder delegations, PrivilegedIqs asked, FrontendInstruments instruments)
{
    public ValueTask RouteAsync(C2SStream stream, ReadOnlySpan<byte> element, in ElementHead head, Jid? to)
    {
        var isRequest = head.StanzaType is StanzaType.Get or StanzaType.Set;
        if (!IsProper(stream, element, head, to))
        {
            return default;
        }

        if (isRequest && to is null or { IsBare: true } && IsDelegated(stream, element, head, to, out var placed))
        {
            return placed;
        }

        if (!isRequest && to is { IsBare: true } && asked.TryAnswer(stream, element, head, to))
        {
            // It was asked by a component as that user.
            return default;
        }

        var self = stream.Self!;
        if (to is null || (to.IsBare && to.Bare == self.Bare))
        {
            return isRequest ? HandleAsync(stream, element, head, to, IqTarget.Account) : default;
        }

        if (to.IsDomain && to.Bare == stream.Domain)
        {
            return isRequest ? HandleAsync(stream, element, head, to, IqTarget.Host) : default;
        }

        var target = to.IsDomain ? IqTarget.Host : to.IsBare ? IqTarget.OtherAccount : (IqTarget?)null;
        if (target is { } known && to.Domainpart == stream.Domain)
        {
            return isRequest ? HandleAsync(stream, element, head, to, known) : default;
        }

        return RouteAway(stream, StanzaStamping.Stamp(stream, element, head, to), target);
    }

    /// <summary>XEP-0355 §4.3: whoever has the namespace answers for the server and for accounts. A host that is known here was found before its stanza came here.</summary>
    private bool IsDelegated(C2SStream stream, ReadOnlySpan<byte> element, in ElementHead head, Jid? to, out ValueTask placed)
    {
        if (to is null || to.Domainpart == stream.Domain)
        {
            return delegations.TryForward(stream, stream.Host, to, element, head, out placed);
        }

        placed = default;
        return hosts.TryGetLoaded(to.Domainpart, out var host) && DomainScope.MayCross(stream.Hosted, new HostedDomain(host, null))
            && delegations.TryForward(stream, host, to, element, head, out placed);
    }

    /// <summary>Who answers a request for a room service's domain or for a room itself; null when nobody does, which is said here. What comes back as an answer is for nobody.</summary>
    /// <param name="whole">The same element, with all declarations that it needs.</param>
    public (IIqHandler Handler, IqRequest Request)? FindForRooms(
        IStanzaSender sender, ReadOnlySpan<byte> element, ReadOnlySpan<byte> whole, in ElementHead head, Jid to, HostedDomain hosted)
    {
        if (!IsProper(sender, element, head, to) || head.StanzaType is not (StanzaType.Get or StanzaType.Set))
        {
            return null;
        }

        var target = to.HasLocalpart ? IqTarget.Room : IqTarget.RoomService;
        if (handlers.Find(head.FirstChildNamespace(element), head.FirstChildName(element), target) is { } handler)
        {
            var xml = handler.NeedsPayload ? whole.ToArray() : [];
            return (handler, new IqRequest(sender, head.StanzaType, head.IdText(element)!, to, target, xml) { Hosted = hosted });
        }

        StanzaErrorWriter.Refuse(sender, StanzaKind.Iq, head.StanzaType, head.IdText(element), to, StanzaError.ServiceUnavailable);
        return null;
    }

    /// <summary>RFC 6120 §8.2.3; what is not is refused here.</summary>
    public static bool IsProper(IStanzaSender sender, ReadOnlySpan<byte> element, in ElementHead head, Jid? to)
    {
        var isRequest = head.StanzaType is StanzaType.Get or StanzaType.Set;
        var isProper = head.StanzaType != StanzaType.Invalid && head.HasId && !head.Id(element).IsEmpty && (!isRequest || head.ChildElements == 1);
        if (!isProper)
        {
            StanzaErrorWriter.Refuse(sender, StanzaKind.Iq, head.StanzaType, head.IdText(element), to, StanzaError.BadRequest);
        }

        return isProper;
    }

    private ValueTask HandleAsync(C2SStream stream, ReadOnlySpan<byte> element, in ElementHead head, Jid? to, IqTarget target)
    {
        var handler = handlers.Find(head.FirstChildNamespace(element), head.FirstChildName(element), target);
        var request = new IqRequest(stream, head.StanzaType, head.IdText(element)!, to, target, handler?.NeedsPayload == true ? element.ToArray() : []);
        if (handler is null)
        {
            // RFC 6121 §8.5.2.1.3; of another's roster not even that much is said (RFC 6121 §2.1.3).
            request.Refuse(StanzaError.ServiceUnavailable);
            return default;
        }

        return handler.IsInSequence ? stream.QueueStepAsync(() => AnswerAsync(handler, request), holdsBackOthers: false) : handler.HandleAsync(request);
    }

    /// <summary>Nobody is left unanswered, whatever becomes of the grain behind it.</summary>
    public static async Task AnswerAsync(IIqHandler handler, IqRequest request)
    {
        try
        {
            await handler.HandleAsync(request);
        }
        catch (Exception e)
        {
            if (e is not (TimeoutException or Orleans.Runtime.OrleansException))
            {
                request.Sender.LogFailure(e);
            }

            request.Refuse(StanzaError.InternalServerErrorWait);
        }
    }

    private ValueTask RouteAway(C2SStream stream, StanzaFrame iq, IqTarget? target) => stream.InOrderAsync(() => RouteAwayAsync(stream, iq, target));

    /// <summary>To a full JID, or to another domain.</summary>
    private async Task RouteAwayAsync(C2SStream stream, StanzaFrame iq, IqTarget? target)
    {
        try
        {
            if (await FindRefusalAsync(stream, iq, target) is { } refusal)
            {
                StanzaErrorWriter.Refuse(stream, iq, refusal);
            }
        }
        catch (Exception e) when (e is TimeoutException or Orleans.Runtime.OrleansException)
        {
            instruments.RouteFailed(RoutePath.Grain);
            StanzaErrorWriter.Refuse(stream, iq, StanzaError.RemoteServerTimeout);
        }
    }

    /// <summary>Routes, or hands to a handler; what is refused is the result.</summary>
    private async Task<StanzaError?> FindRefusalAsync(C2SStream stream, StanzaFrame iq, IqTarget? target)
    {
        var to = iq.To!;
        if (to.Domainpart != stream.Domain && !(await hosts.GetAsync(to.Domainpart) is { } host && DomainScope.MayCross(stream.Hosted, new HostedDomain(host, null))))
        {
            return StanzaError.RemoteServerNotFound;
        }

        var isRequest = iq.Type is StanzaType.Get or StanzaType.Set;
        if (target is { } known)
        {
            await (isRequest ? HandleStampedAsync(stream, iq, known) : default);
            return null;
        }

        var outcome = to.HasLocalpart && !routes.IsSurelyOffline(to.Bare) ? await grains.Sessions(to).RouteAsync(iq)
            : isRequest ? RouteOutcome.ServiceUnavailable : RouteOutcome.Ignored;
        return outcome == RouteOutcome.ServiceUnavailable ? StanzaError.ServiceUnavailable : null;
    }

    private ValueTask HandleStampedAsync(C2SStream stream, StanzaFrame iq, IqTarget target)
    {
        var payload = new XmlElementReader(iq.Xml.Span);
        var handler = payload.ReadToFirstChild() ? handlers.Find(Encoding.UTF8.GetBytes(payload.Namespace), Encoding.UTF8.GetBytes(payload.LocalName), target) : null;
        var request = new IqRequest(stream, iq.Type, iq.Id!, iq.To, target, iq.Xml.ToArray());
        if (handler is null)
        {
            request.Refuse(StanzaError.ServiceUnavailable);
            return default;
        }

        return new ValueTask(AnswerAsync(handler, request));
    }
}
