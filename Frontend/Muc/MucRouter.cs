using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Routing;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Muc;

/// <summary>What clients send to room services, rooms and their occupants (XEP-0045).</summary>
internal sealed class MucRouter(IqRouter iqs)
{
    public ValueTask RouteAsync(C2SStream stream, ReadOnlySpan<byte> element, in ElementHead head, Jid to, HostedDomain hosted)
    {
        if (!IsReachable(stream, hosted))
        {
            StanzaErrorWriter.Refuse(stream, head.Kind, head.StanzaType, head.IdText(element), to, StanzaError.RemoteServerNotFound);
            return default;
        }

        if (head.Kind == StanzaKind.Iq && to.IsBare)
        {
            return iqs.RouteToRoomsAsync(stream, element, head, to, hosted);
        }

        if (head.Kind != StanzaKind.Presence)
        {
            StanzaErrorWriter.Refuse(stream, head.Kind, head.StanzaType, head.IdText(element), to, StanzaError.ServiceUnavailable);
        }

        return default;
    }

    /// <summary>As between hosts: the other one is there, and neither is closed.</summary>
    private static bool IsReachable(C2SStream stream, HostedDomain hosted) =>
        hosted.Host.Domain == stream.Domain || (hosted.Host is { Enabled: true, Isolate: false } && !stream.Host.Isolate);
}
