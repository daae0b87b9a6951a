using System.Text;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Routing;

/// <summary>Puts the server's word in place of the client's: <c>from</c> is stamped and never believed (RFC 6120 §8.1.2.1).</summary>
internal static class StanzaStamping
{
    /// <summary>The stanza as it is routed.</summary>
    /// <param name="to">The addressee; null for presence to nobody in particular.</param>
    /// <param name="isToRewritten">Whether <paramref name="to"/> is the server's choice and must be written.</param>
    /// <param name="isFromBare">Subscription stanzas come from the account, not from a resource (RFC 6121 §3).</param>
    public static StanzaFrame Stamp(IStanzaSender sender, ReadOnlySpan<byte> element, in ElementHead head, Jid? to, bool isToRewritten = false, bool isFromBare = false)
    {
        var xml = StampBytes(sender, element, head, isToRewritten ? to : null, out var toEnd, isFromBare);
        return new StanzaFrame(head.Kind, head.StanzaType, isFromBare ? sender.Address.ToBare() : sender.Address, to, head.IdText(element), xml, toEnd);
    }

    public static byte[] StampBytes(
        IStanzaSender sender, ReadOnlySpan<byte> element, in ElementHead head, Jid? rewrittenTo, out int toEnd, bool isFromBare = false)
    {
        ReadOnlySpan<byte> to = default;
        if (rewrittenTo is not null)
        {
            var buffer = ReplyBuffer.Rent();
            new XmppWriter(buffer).Text(rewrittenTo.ToString());
            to = buffer.WrittenSpan;
        }

        return StanzaStamp.Stamp(
            element, head, isFromBare ? sender.FromBare : sender.FromFull, to, sender.StreamLang, head.UsesStreamPrefix ? sender.StreamDeclarations : default, out toEnd);
    }
}
