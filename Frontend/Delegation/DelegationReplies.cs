using Krewe.Contracts.Addressing;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Components;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Delegation;

/// <summary>
/// What components answer to requests that were forwarded to them (XEP-0355 §4.3). What bears no id of theirs, or comes from another connection than the one that was asked,
/// or to another host, is nothing (specs D-049, D-096): a flood of it costs a look-up each.
/// </summary>
internal sealed class DelegationReplies(PendingIqs pending)
{
    /// <param name="from">Any address of the component: it is the connection that counts.</param>
    /// <param name="to">A host's domain.</param>
    public void Take(ComponentStream stream, Jid from, Jid to, ReadOnlySpan<byte> element, in ElementHead head)
    {
        if (!to.IsDomain || !WrapperId.TryRead(head.Id(element), out var wrapper) || !pending.TryTake(wrapper, stream, to.Bare, out var iq))
        {
            return;
        }

        if (head.StanzaType == StanzaType.Error)
        {
            // XEP-0355 §4.3: the condition is between the delegate and the server.
            iq.Counts.NoteRefused();
            iq.Refuse(StanzaError.ServiceUnavailable);
            return;
        }

        var whole = head.UsesStreamPrefix ? StanzaStamp.Stamp(element, head, default, default, default, stream.StreamDeclarations, out _) : element;
        var expected = new DelegationReply.Expected(iq.Requester.Address, iq.To, iq.Host, iq.Id, iq.Generation);
        if (DelegationReply.TryRead(whole, expected, iq.Requester.FromFull, out var answer))
        {
            iq.Answer(answer);
        }
        else
        {
            iq.Counts.NoteMalformed();
            iq.Refuse(StanzaError.ServiceUnavailable);
        }
    }
}
