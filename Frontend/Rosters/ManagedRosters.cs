using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosting;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Rosters;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Iq;
using Krewe.Frontend.Routing;

namespace Krewe.Frontend.Rosters;

/// <summary>
/// A user's roster for somebody who asks or changes it by privilege (XEP-0356 §4.3): as the user's own client would, but without a session of the user's that it
/// belongs to.
/// </summary>
internal sealed class ManagedRosters(IGrainFactory grains, LocalRoutes routes, RosterCarrier carrier, PresenceRouter presences, LargeWork large)
{
    /// <param name="host">The owner's.</param>
    /// <param name="since">Since when whoever asks has been told what changes: a roster that was fetched before may have changed unseen.</param>
    public Task AnswerAsync(IqRequest request, Jid owner, HostSettings host, DateTimeOffset since) =>
        request.Type == StanzaType.Get ? GetAsync(request, owner, since) : SetAsync(request, owner, host);

    private async Task GetAsync(IqRequest request, Jid owner, DateTimeOffset since)
    {
        if (!RosterQuery.TryReadGet(request.Xml, out var knownVersion))
        {
            request.Refuse(StanzaError.BadRequest);
            return;
        }

        // While the user is there, the roster is kept up to date for them.
        var isLive = routes.IsComplete ? !routes.IsSurelyOffline(owner.Bare) : await grains.Sessions(owner).IsLiveAsync();
        var answer = await grains.Roster(owner).GetAsync(isLive ? DateTimeOffset.MinValue : since);
        if (answer.Roster is not { } roster)
        {
            request.Refuse(StanzaError.InternalServerErrorWait);
            return;
        }

        void Answer() => request.Answer((ref Xml.XmppWriter xml) => RosterQuery.Write(ref xml, roster, knownVersion));
        if (roster.Items.Length < LargeWork.ContactsMin || knownVersion == roster.Version)
        {
            Answer();
        }
        else
        {
            await large.RunAsync(owner.Domainpart, Answer);
        }

        if (answer.Outcome == RosterOutcome.Stale)
        {
            await AnsweredAsync(request, () => carrier.AwaitFetchAsync(owner));
        }
        else if (!routes.IsSurelyOffline(owner.Bare))
        {
            // What was fetched for this may be news to the user's sessions.
            await AnsweredAsync(request, () => carrier.CarryAsync(owner, new RosterChangeSet(roster.Version, [], roster)));
        }
    }

    private async Task SetAsync(IqRequest request, Jid owner, HostSettings host)
    {
        if (RosterQuery.ReadSet(request.Xml, out var change) is { } malformed)
        {
            request.Refuse(malformed);
            return;
        }

        var update = await grains.Roster(owner).SetAsync(change!);
        if (update.Error is { } error)
        {
            request.Refuse(error);
            return;
        }

        if (update.Changes is { } changes)
        {
            await carrier.CarryAsync(owner, changes);
        }

        request.Confirm();
        foreach (var type in update.Route)
        {
            var subscription = new StanzaFrame(StanzaKind.Presence, type, owner, change!.Jid, null, default, 0);
            await AnsweredAsync(request, () => presences.SendAsync(new HostedDomain(host, null), subscription));
        }
    }

    /// <summary>What follows is not for whoever asked: they are not told of its failure, as they have their answer.</summary>
    private static async Task AnsweredAsync(IqRequest request, Func<Task> step)
    {
        try
        {
            await step();
        }
        catch (Exception e) when (e is TimeoutException or Orleans.Runtime.OrleansException)
        {
            request.Sender.LogFailure(e);
        }
    }
}
