using Krewe.Contracts.Addressing;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Routing;

namespace Krewe.Frontend.Components;

/// <content>The addresses that the component speaks for, and the order of what they send.</content>
internal sealed partial class ComponentStream
{
    private ComponentAddress? _lastAddress;

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
}
