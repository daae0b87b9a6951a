using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;

namespace Krewe.Frontend.Components;

/// <summary>The addresses of one component's connection that are in rooms, or on their way into one.</summary>
/// <remarks>The stream's read loop alone asks for addresses; rooms end visits on any thread.</remarks>
internal sealed class ComponentVisitors(ComponentStream stream, ComponentServices services)
{
    /// <summary>Addresses that may be in rooms by one connection. A gateway with more users has more connections.</summary>
    public const int VisitorsMax = 10_000;

    private const int SweepAfter = 256;

    private readonly Dictionary<string, ComponentAddress> _visitors = new(StringComparer.Ordinal);
    private int _added;

    /// <summary>Null when there are too many.</summary>
    public ComponentAddress? Find(Jid address)
    {
        var key = address.ToString();
        if (_visitors.TryGetValue(key, out var known))
        {
            return known;
        }

        if (++_added >= SweepAfter || _visitors.Count >= VisitorsMax)
        {
            Sweep();
        }

        if (_visitors.Count >= VisitorsMax)
        {
            return null;
        }

        var visitor = new ComponentAddress(stream, services, address);
        _visitors.Add(key, visitor);
        return visitor;
    }

    /// <summary>The connection is over: everybody who came by it leaves.</summary>
    public async Task LeaveAllAsync()
    {
        foreach (var visitor in _visitors.Values)
        {
            services.Sessions.Remove(visitor.Session);
            if (visitor.Rooms is { } rooms)
            {
                await rooms.LeaveAllAsync(MucLeaveCause.StreamEnded, null, MucPayload.Empty);
            }
        }

        _visitors.Clear();
    }

    /// <summary>Those who have left everything are forgotten.</summary>
    private void Sweep()
    {
        _added = 0;
        foreach (var (key, visitor) in _visitors)
        {
            // What is still to be done for one may be an entry.
            if (visitor.Rooms is null or { Count: 0 } && !stream.Order.IsUnderWay(key))
            {
                services.Sessions.Remove(visitor.Session);
                _visitors.Remove(key);
            }
        }
    }
}
