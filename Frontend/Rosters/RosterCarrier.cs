using Krewe.Contracts.Addressing;
using Krewe.Contracts.Rosters;

namespace Krewe.Frontend.Rosters;

/// <summary>
/// Carries what a roster grain found changed to the user's sessions. The roster grain calls nobody, so whoever asked it carries on; two carriers at once
/// do no harm, as sessions take each version once.
/// </summary>
internal sealed class RosterCarrier(IGrainFactory grains)
{
    /// <summary>Pushes the changes and sends the presence that follows; done when it has its place in the streams.</summary>
    public async Task CarryAsync(Jid owner, RosterChangeSet changes)
    {
        // Also when nothing changed: sessions that could not load the roster when they began may learn only now what it is.
        var sessions = grains.Sessions(owner);
        var applied = await sessions.RosterChangedAsync(changes, isResync: false);
        if (!applied.IsApplied)
        {
            // Somebody else's changes came first, or got lost with a silo.
            await CatchUpAsync(owner, applied.Version!);
        }
    }

    /// <summary>Carries whatever leads on from the version that the user's sessions have.</summary>
    public async Task CatchUpAsync(Jid owner, string version) =>
        await grains.Sessions(owner).RosterChangedAsync(await grains.Roster(owner).ChangesSinceAsync(version), isResync: true);

    /// <summary>Fetches anew, compares and carries on.</summary>
    public async Task<RosterRevalidation> RevalidateAsync(Jid owner)
    {
        var roster = grains.Roster(owner);
        RosterRevalidation revalidation;
        try
        {
            revalidation = await roster.RevalidateAsync();
        }
        catch (TimeoutException)
        {
            // A fetch that began before does not count, so this may take two, and two of a slow hook are longer than a call. The second goes on: what it brings is ours to carry.
            revalidation = await roster.AwaitFetchAsync();
        }

        if (revalidation.Changes is { } changes)
        {
            await CarryAsync(owner, changes);
        }

        return revalidation;
    }

    /// <summary>For one who was served a stale roster: waits for the fetch that is under way and carries its changes on. True when it succeeded.</summary>
    public async Task<bool> AwaitFetchAsync(Jid owner)
    {
        var fetched = await grains.Roster(owner).AwaitFetchAsync();
        if (fetched.Changes is { } changes)
        {
            await CarryAsync(owner, changes);
        }

        return fetched.Error is null;
    }
}
