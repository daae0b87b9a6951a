using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Components;
using Krewe.Frontend.Xml;

#pragma warning disable CA1822
namespace Krewe.Frontend.Privileges;

/// <summary>What a component asks for on behalf of a host's users (XEP-0356).</summary>
internal sealed class PrivilegeRouter
{
    /// <summary>Whether the message, to the host's domain, was one of XEP-0356 §5: then it was sent or refused.</summary>
    public bool TryTakeMessage(ComponentStream stream, ComponentAddress sender, HostSettings host, Jid to, ReadOnlySpan<byte> element, in ElementHead head) => false;

    /// <summary>Whether the request, to the host's domain or a bare JID of it, was one for a roster (§4) or for an IQ as the user (§6): then it is answered.</summary>
    public bool TryTakeIq(ComponentStream stream, ComponentAddress sender, HostSettings host, Jid to, ReadOnlySpan<byte> element, in ElementHead head) => false;
}
