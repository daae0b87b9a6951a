using Krewe.Contracts.Addressing;
using Krewe.Frontend.Components;
using Krewe.Frontend.Xml;

#pragma warning disable CA1822
namespace Krewe.Frontend.Delegation;

/// <summary>What components answer to the server's own requests (XEP-0355 §4.3).</summary>
internal sealed class DelegationReplies
{
    /// <param name="to">A host's domain.</param>
    public void Take(ComponentStream stream, Jid from, Jid to, ReadOnlySpan<byte> element, in ElementHead head)
    {
    }
}
