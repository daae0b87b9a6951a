using Krewe.Contracts.Addressing;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Privileges;
using Krewe.Frontend.Routing;

namespace Krewe.Frontend.Components;

/// <content>The addresses that the component speaks for, and the order of what they send.</content>
internal sealed partial class ComponentStream
{
    private ComponentAddress? _lastAddress;
    private Jid? _self;

    /// <summary>The component's domain.</summary>
    public Jid Self => _self ??= Jid.Parse(Domain);

    /// <summary>When it connected.</summary>
    public DateTimeOffset Since { get; }

    /// <summary>Whose presence it was told by privilege.</summary>
    public SeenPresences Seen { get; } = new();

    /// <summary>Those of them that are in rooms.</summary>
    public ComponentVisitors Visitors { get; }

    public RecipientOrder Order { get; }

    /// <summary>The sender of a stanza; remembers the last one, as many components speak as one.</summary>
    public ComponentAddress AddressOf(Jid from)
    {
        var last = _lastAddress;
        return last is not null && last.Address.Equals(from) ? last : _lastAddress = new ComponentAddress(this, _services, from);
    }

    public bool TryDeliver(StanzaFrame stanza, Jid to) => TryDeliver(new StanzaContent(stanza, to));

    /// <summary>As <see cref="Enqueue"/>, written with what comes next; see <see cref="Streams.OutboundQueue.TryHold"/>.</summary>
    public bool TryHold(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third, out bool isFlushDue)
    {
        NoteOutbound();
        var rescoped = Rescope(first, second, third);
        return rescoped is null
            ? Queue.TryHold(first, second, third, out isFlushDue) || Overflow()
            : Queue.TryHold(rescoped, default, default, out isFlushDue) || Overflow();
    }

    public void LogFailure(Exception e) => _services.Log.StepFailed(_connection.ConnectionId, Domain, e);
}
