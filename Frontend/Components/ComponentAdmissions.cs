using Krewe.Contracts.Addressing;
using Krewe.Contracts.Components;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Delivery;

namespace Krewe.Frontend.Components;

/// <summary>
/// Asks a component's grain whether a connection that proved the secret may be beside, or instead of, those that are there (specs C-021). One that is in its way and
/// does not show that it lives makes room (specs C-023).
/// </summary>
internal sealed class ComponentAdmissions(IGrainFactory grains, SessionTable sessions, FrontendRegistration registration)
{
    /// <summary>For an old connection to answer when a new one is there: a live one answers at once, and a component that lost its link wants to be back.</summary>
    public static readonly TimeSpan ProofWithin = TimeSpan.FromSeconds(5);

    public async Task<bool> AdmitAsync(ComponentStream stream, ComponentConflict conflict)
    {
        var grain = grains.Component(stream.Domain);
        var connection = new ComponentConnection(registration.Frontend, stream.Session);
        var admission = await grain.ConnectAsync(connection, conflict);
        if (admission.IsAccepted)
        {
            return true;
        }

        var here = admission.Others.Where(other => other.Frontend.Name == connection.Frontend.Name);
        var isDead = await Task.WhenAll(here.Select(other => IsDeadAsync(grain, other)));
        return isDead.Contains(true) && (await grain.ConnectAsync(connection, conflict)).IsAccepted;
    }

    public Task LeaveAsync(ComponentStream stream) =>
        grains.Component(stream.Domain).DisconnectAsync(new ComponentConnection(registration.Frontend, stream.Session));

    /// <summary>
    /// Whether the grain still counts a connection among the component's. A grain that came to be anew, after its silo was lost, knows of none and is told.
    /// </summary>
    public async Task<bool> ReaffirmAsync(ComponentStream stream, ComponentConflict conflict)
    {
        var grain = grains.Component(stream.Domain);
        var known = await grain.ConnectionsAsync();
        if (known.Any(other => other.Session == stream.Session && other.Frontend.Name == registration.Frontend.Name))
        {
            return true;
        }

        return (known.IsEmpty || conflict == ComponentConflict.Balance)
            && (await grain.ConnectAsync(new ComponentConnection(registration.Frontend, stream.Session), conflict)).IsAccepted;
    }

    private async Task<bool> IsDeadAsync(IComponentGrain grain, ComponentConnection other)
    {
        if (sessions.TryGetComponent(other.Session, out var old))
        {
            if (await old.ProveAliveAsync(ProofWithin))
            {
                return false;
            }

            old.Abort("unanswered");
        }

        await grain.DisconnectAsync(other);
        return true;
    }
}
