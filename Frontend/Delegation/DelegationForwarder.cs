using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Routing;
using Krewe.Frontend.Xml;

#pragma warning disable CA1822
namespace Krewe.Frontend.Delegation;

/// <summary>Forwards IQs of a delegated namespace to whom it is delegated (XEP-0355 §4.3).</summary>
internal sealed class DelegationForwarder
{
    /// <summary>Whether the request was taken: then it is answered, whatever becomes of it.</summary>
    /// <param name="host">The host that it is addressed to: its domain, a bare JID of it, or, from its own users, nobody.</param>
    /// <param name="exceptEntity">A component that it does not go to, as it comes from there (specs D-026).</param>
    /// <param name="to">As the sender gave it: null, the host's domain or a bare JID of the host.</param>
    public bool TryForward(IStanzaSender sender, HostSettings host, Jid? to, ReadOnlySpan<byte> element, in ElementHead head, string? exceptEntity = null) => false;
}
