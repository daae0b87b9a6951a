using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Components;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Grains.Sessions;
using Orleans.Concurrency;

namespace Krewe.Grains.Components;

/// <summary>
/// The connections of one external component (XEP-0114), which only the frontends that hold them know for certain: they tell it again when it forgot. Reentrant, because
/// each decision is made in one go; what is awaited are the frontends' acknowledgements only.
/// </summary>
[Reentrant]
internal sealed class ComponentGrain(FrontendLanes lanes, TimeProvider time) : Grain, IComponentGrain
{
    /// <summary>Connections that share a component's work.</summary>
    public const int ConnectionsMax = 16;

    private const int DeliveryTries = 2;

    private static readonly TimeSpan WhileConnected = TimeSpan.FromDays(3650);

    /// <summary>For an old connection's frontend to say that it ends it; one that does not is dead or will see for itself.</summary>
    private static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(2);

    private readonly List<Held> _connections = [];

    private sealed record Held(ComponentConnection Connection)
    {
        public FrontendRef Frontend => Connection.Frontend;

        public ImmutableArray<long> Sessions { get; } = [Connection.Session];

        public ulong Stickiness { get; } = ComponentStickiness.OfConnection(Connection.Frontend.Name, Connection.Session);

        public bool Is(ComponentConnection other) => other.Session == Connection.Session && other.Frontend.Name == Connection.Frontend.Name;
    }

    public async Task<ComponentAdmission> ConnectAsync(ComponentConnection connection, ComponentConflict conflict)
    {
        if (!_connections.Exists(held => held.Is(connection)) && !HasRoom(conflict))
        {
            // The newcomer's frontend sees for itself how its own connections are.
            await DropLostAsync(connection.Frontend.Name);
        }

        ImmutableArray<Held> others = [.. _connections.Where(held => !held.Is(connection))];
        var admission = new ComponentAdmission(true, [.. others.Select(held => held.Connection)]);
        if (_connections.Count > others.Length)
        {
            return admission;
        }

        if (!HasRoom(conflict))
        {
            return admission with { IsAccepted = false };
        }

        if (conflict == ComponentConflict.KickOld)
        {
            _connections.Clear();
        }

        _connections.Add(new Held(connection));
        DelayDeactivation(WhileConnected);
        if (conflict == ComponentConflict.KickOld && !others.IsEmpty)
        {
            var ended = Task.WhenAll(others.Select(held => lanes.EnqueueAsync(
                held.Frontend, held.Sessions, new EndContent(StreamEnd.Conflict, "replaced by a new connection"))));
            await Task.WhenAny(ended, Task.Delay(EndWithin, time));
        }

        return admission;
    }

    public Task DisconnectAsync(ComponentConnection connection)
    {
        Drop(held => held.Is(connection));
        return Task.CompletedTask;
    }

    public Task<bool> DeliverAsync(StanzaContent content) => TellAsync(content, content.Stanza.From);

    public async Task<bool> TellAsync(DeliveryContent content, Jid about)
    {
        var user = ComponentStickiness.OfUser(about.Bare);
        for (var tries = 0; tries < DeliveryTries && _connections.Count > 0; tries++)
        {
            var chosen = _connections.MaxBy(held => ComponentStickiness.Weight(user, held.Stickiness))!;
            var gone = await lanes.EnqueueAsync(chosen.Frontend, chosen.Sessions, content);
            if (gone.IsEmpty)
            {
                return true;
            }

            Drop(held => held == chosen);
        }

        return false;
    }

    public Task<ImmutableArray<ComponentConnection>> ConnectionsAsync() => Task.FromResult<ImmutableArray<ComponentConnection>>([.. _connections.Select(held => held.Connection)]);

    private bool HasRoom(ComponentConflict conflict) => conflict switch
    {
        ComponentConflict.KickNew => _connections.Count == 0,
        ComponentConflict.Balance => _connections.Count < ConnectionsMax,
        _ => true,
    };

    /// <summary>Asks the other frontends whether they, and the connections, are there.</summary>
    private async Task DropLostAsync(string except)
    {
        Held[] asked = [.. _connections.Where(held => held.Frontend.Name != except)];
        var gone = await Task.WhenAll(asked.Select(held => lanes.EnqueueAsync(held.Frontend, held.Sessions, new ProbeContent())));
        for (var i = 0; i < asked.Length; i++)
        {
            if (!gone[i].IsEmpty)
            {
                Drop(held => held == asked[i]);
            }
        }
    }

    private void Drop(Predicate<Held> which)
    {
        _connections.RemoveAll(which);
        if (_connections.Count == 0)
        {
            DelayDeactivation(TimeSpan.Zero);
        }
    }
}
