using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Muc;
using Krewe.Frontend.Streams;

namespace Krewe.Frontend.Delivery;

/// <summary>Something in this process that grains deliver to by a number: a client's session, a component's connection, or a component's address that is in rooms.</summary>
internal interface ISession : IRoomVisitor
{
    long Session { get; }

    OutboundQueue Queue { get; }

    /// <summary>Writes what the silo sends; false when the session cannot take it any more.</summary>
    bool TryDeliver(DeliveryContent content);

    /// <summary>As <see cref="Routing.IStanzaSender.Enqueue"/>, written with what comes next; see <see cref="OutboundQueue.TryHold"/>.</summary>
    bool TryHold(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third, out bool isFlushDue);

    void CountSent(StanzaKind kind);
}
