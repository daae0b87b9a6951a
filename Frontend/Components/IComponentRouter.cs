using Krewe.Contracts.Addressing;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Components;

/// <summary>Takes what components send.</summary>
internal interface IComponentRouter
{
    /// <summary>
    /// Routes one stanza, whose sender is an address of the component's domain. The bytes are used before this returns; what is awaited is that the stanza has its place,
    /// not its answer.
    /// </summary>
    ValueTask RouteAsync(ComponentStream stream, Jid from, Jid to, ReadOnlySpan<byte> element, in ElementHead head);
}
