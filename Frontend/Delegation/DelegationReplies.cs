using Krewe.Contracts.Addressing;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Entities;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Delegation;

/// <summary>
/// What delegates answer to requests that were forwarded to them (XEP-0355 §4.3). What bears no id of theirs, or comes from another connection than the one that was asked,
/// or to another host, is nothing (specs D-049, D-096): a flood of it costs a look-up each.
/// </summary>
internal sealed class DelegationReplies(PendingIqs pending)
{
    /// <summary>Whether it was the answer to one: then whoever asked is told.</summary>
    /// <param name="stream">By which it came; from which of its addresses does not count.</param>
    /// <param name="to">A host's domain.</param>
    public bool TryTake(IEntityStream stream, Jid to, ReadOnlySpan<byte> element, in ElementHead head)
    {
        if (!to.IsDomain || !WrapperId.TryRead(head.Id(element), out var wrapper) || !pending.TryTake(wrapper, stream, to.Bare, out var iq))
        {
            return false;
        }

        if (head.StanzaType == StanzaType.Error)
        {
            // XEP-0355 §4.3: the condition is between the delegate and the server.
            iq.Counts.NoteRefused();
            iq.Refuse(StanzaError.ServiceUnavailable);
            return true;
        }

        var whole = head.UsesStreamPrefix ? StanzaStamp.Stamp(element, head, default, default, default, stream.StreamDeclarations, out _) : element;
        var expected = new DelegationReply.Expected(iq.Requester.Address, iq.To, iq.Host, iq.Id, iq.Generation, stream.ContentNamespace);
        if (DelegationReply.TryRead(whole, expected, iq.Requester.FromFull, out var answer))
        {
            iq.Answer(answer);
        }
        else
        {
            iq.Counts.NoteMalformed();
            iq.Refuse(StanzaError.ServiceUnavailable);
        }

        return true;
    }
}
