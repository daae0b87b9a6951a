using Krewe.Contracts.Addressing;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Components;

/// <summary>Where the stanzas of components go: nowhere yet. Requests are refused, so that no component waits for an answer (RFC 6120 §8.2.3).</summary>
internal sealed class ComponentRouter : IComponentRouter
{
    public ValueTask RouteAsync(ComponentStream stream, Jid from, Jid to, ReadOnlySpan<byte> element, in ElementHead head)
    {
        if (head is { Kind: StanzaKind.Iq, StanzaType: StanzaType.Get or StanzaType.Set })
        {
            stream.Refuse(head.Kind, head.StanzaType, head.IdText(element), from, to, StanzaError.ServiceUnavailable);
        }

        return default;
    }
}
