using System.Buffers;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Delegation;

/// <summary>
/// Looks at XML that a tenant's web service wrote before any of it gets into a stream: it has to be what the framer would let through from a client (RFC 6120 §11), one whole
/// element that is an IQ's payload or a stanza error.
/// </summary>
internal static class DelegatedPayload
{
    private static ReadOnlySpan<byte> Start => "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'><iq>"u8;

    private static ReadOnlySpan<byte> End => "</iq>"u8;

    public static bool IsProper(ReadOnlySpan<byte> xml, bool isError)
    {
        byte[] stream = [.. Start, .. xml, .. End];
        var buffer = new ReadOnlySequence<byte>(stream);
        var framer = new StanzaFramer(stream.Length);
        try
        {
            // An end tag too many would make the rest another stanza.
            return framer.TryRead(ref buffer, out _) && framer.TryRead(ref buffer, out var iq) && buffer.IsEmpty && !iq.Head.UsesStreamPrefix
                && iq.Head.ChildElements == 1 && (isError || !iq.Head.FirstChildNamespace(iq.Bytes.FirstSpan).SequenceEqual(Tokens.ClientNamespace))
                && IqContent.IsProper(iq.Bytes.FirstSpan, isError);
        }
        catch (StreamException)
        {
            // What would end a client's stream is no payload.
            return false;
        }
    }
}
