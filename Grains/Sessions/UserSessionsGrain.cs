using System.Collections.Immutable;
using System.Security.Cryptography;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosting;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Rosters;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Orleans.Concurrency;

namespace Krewe.Grains.Sessions;

/// <summary>
/// One user's connected resources: binding and delivery here, presence in <c>UserSessionsGrain.Presence.cs</c>. Reentrant, because each
/// decision is made in one go before the first await; what is awaited are acknowledgements only, so no slow reader ever holds the user up.
/// </summary>
[Reentrant]
internal sealed partial class UserSessionsGrain(FrontendLanes lanes, LocalRoutes routes, IHostSettingsSource hosts, LargeWork large, TimeProvider time) : Grain, IUserSessionsGrain
{
    /// <summary>Long enough that only the last session's end lets the activation be collected.</summary>
    private static readonly TimeSpan WhileConnected = TimeSpan.FromDays(3650);

    private readonly List<ConnectedResource> _resources = [];
    private Jid _self = null!;
    private DateTimeOffset _liveSince;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _self = Jid.Parse(this.GetPrimaryKeyString());
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        routes.Remove(_self.Bare);
        return Task.CompletedTask;
    }

    public async Task<BindResult> BindAsync(BindRequest request)
    {
        if (request.SessionsMax > 0 && _resources.Count >= request.SessionsMax)
        {
            return new BindResult(null, StanzaError.ResourceConstraint, _liveSince);
        }

        var resource = request.Resource ?? NewResourcepart();
        Task<ImmutableArray<long>>? ended = null;
        if (_resources.Find(other => other.Jid.Resourcepart == resource) is { } holder)
        {
            switch (request.Conflict)
            {
                case BindConflict.KeepOld:
                    return new BindResult(null, StanzaError.Conflict, _liveSince);
                case BindConflict.KickOld:
                    ended = lanes.EnqueueAsync(holder.Frontend, holder.SessionArray, new EndContent(StreamEnd.Conflict, "replaced by a new connection"));
                    _ = EndResource(holder);
                    break;
                default:
                    resource = NewResourcepart();
                    break;
            }
        }

        if (_resources.Count == 0)
        {
            _liveSince = time.GetUtcNow();
            DelayDeactivation(WhileConnected);
        }

        var bound = new ConnectedResource(_self.WithPreparedResource(resource), request, time.GetUtcNow());
        _resources.Add(bound);
        PublishRoute();
        var result = new BindResult(bound.Jid, null, _liveSince);
        if (ended is not null)
        {
            await ended;
        }

        return result;
    }

    public Task InterestedAsync(long session, string frontend)
    {
        Find(session, frontend)?.IsInterested = true;
        return Task.CompletedTask;
    }

    public async Task<RouteOutcome> RouteAsync(StanzaFrame stanza)
    {
        // A session found gone is dropped, and the stanza decided once more among the rest.
        for (var attempt = 0; ; attempt++)
        {
            if (stanza.Kind == StanzaKind.Iq && stanza.Type is StanzaType.Get or StanzaType.Set && !MayAsk(stanza))
            {
                return RouteOutcome.ServiceUnavailable;
            }

            var decision = DeliveryPolicy.Decide(
                stanza.Kind, stanza.Type, stanza.To?.Resourcepart, CurrentRoutes(), _roster?.SubscriptionOf(stanza.From.Bare).HasFrom() == true);
            if (decision.Outcome != RouteOutcome.Delivered)
            {
                return decision.Outcome;
            }

            var content = new StanzaContent(stanza);
            ConnectedResource[] targets = decision.Indexes is { } many ? [.. many.Select(index => _resources[index])] : [_resources[decision.Index]];
            var gone = await DeliverAsync(targets, content);
            if (gone < targets.Length || attempt > 0)
            {
                return gone < targets.Length ? RouteOutcome.Delivered : RouteOutcome.ServiceUnavailable;
            }
        }
    }

    public Task<bool> IsLiveAsync() => Task.FromResult(_resources.Count > 0);

    public Task<ImmutableArray<SessionListing>> ListAsync() => Task.FromResult(_resources.ConvertAll(
        resource => new SessionListing(resource.Jid, resource.Transport, resource.Address, resource.Since, resource.IsAvailable)).ToImmutableArray());

    public async Task<bool> EndAsync(string? resource, StreamEnd condition, string? text)
    {
        ConnectedResource[] targets = [.. _resources.Where(one => resource is null || one.Jid.Resourcepart == resource)];
        await DeliverAsync(targets, new EndContent(condition, text));
        return targets.Length > 0;
    }

    /// <summary>RFC 6120 §8.5.3.1 asks that a stranger's request be refused, lest an IQ tells what presence does not.</summary>
    private bool MayAsk(StanzaFrame iq) =>
        iq.From.Bare == _self.Bare
        || !iq.From.HasLocalpart
        || _roster?.SubscriptionOf(iq.From.Bare).HasFrom() == true
        || _resources.Exists(resource => resource.Jid.Resourcepart == iq.To?.Resourcepart && resource.HasDirectedTo(iq.From));

    private ConnectedResource? Find(long session, string frontend) =>
        _resources.Find(resource => resource.Session == session && resource.Frontend.Name == frontend);

    private ReadOnlySpan<ResourceRoute> CurrentRoutes() => _routes.AsSpan();

    private ImmutableArray<ResourceRoute> _routes = [];

    /// <summary>Tells the router of this process what holds from now on; called in the turn, before anything is acknowledged.</summary>
    private void PublishRoute()
    {
        _routes = _resources.ConvertAll(resource => resource.Route).ToImmutableArray();
        if (_resources.Count == 0)
        {
            routes.Remove(_self.Bare);
        }
        else
        {
            routes.Publish(_self.Bare, new LocalRoute(_routes));
        }
    }

    /// <summary>Appends to the lanes at once; done when all have their place. Sessions found gone are ended; their number is the result.</summary>
    private Task<int> DeliverAsync(IReadOnlyCollection<ConnectedResource> targets, DeliveryContent content)
    {
        switch (targets.Count)
        {
            case 0:
                return Task.FromResult(0);
            case 1:
                var only = targets.First();
                return EndGoneAsync(only.Frontend, lanes.EnqueueAsync(only.Frontend, only.SessionArray, content));
            default:
                // One payload for each frontend, however many of its sessions get it.
                return SumAsync([.. targets.GroupBy(target => target.Frontend.Name).Select(group => EndGoneAsync(
                    group.First().Frontend, lanes.EnqueueAsync(group.First().Frontend, [.. group.Select(one => one.Session)], content)))]);
        }
    }

    private async Task<int> EndGoneAsync(FrontendRef frontend, Task<ImmutableArray<long>> delivered)
    {
        var gone = await delivered;
        foreach (var session in gone)
        {
            if (Find(session, frontend.Name) is { } resource)
            {
                _ = EndResource(resource);

                // Should the stream be there all the same, as after a lane was lost, its client must not believe that it is reachable.
                _ = lanes.EnqueueAsync(frontend, resource.SessionArray, new EndContent(StreamEnd.Reset));
            }
        }

        return gone.Length;
    }

    private static async Task<int> SumAsync(Task<int>[] parts) => (await Task.WhenAll(parts)).Sum();

    /// <summary>Eight characters of a client's choosing would be guessable; these are not (RFC 6120 §7.6).</summary>
    private static string NewResourcepart() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
}
