using System.Buffers;
using Krewe.Frontend.Streams;

namespace Krewe.Frontend.Xml;

/// <summary>
/// Reads a stream that comes as WebSocket messages (RFC 7395 §3.3): each is one element and a document of its own, <c>&lt;open/&gt;</c> is the stream's header and
/// <c>&lt;close/&gt;</c> its end. In the buffer <see cref="Tokens.MessageEnd"/> stands behind each message.
/// </summary>
internal sealed class MessageFramer : StreamFramer
{
    public MessageFramer(int stanzaBytesMax, StreamLimits? limits = null)
        : base(stanzaBytesMax, limits) => Restart();

    public override void Restart()
    {
        DropAssembly();
        Scanner.Restart();
        Scanner.Open(StreamHeader.NoneFramed);
    }

    public override bool TryRead(ref ReadOnlySequence<byte> buffer, out Frame frame)
    {
        // The message before is not in use any more.
        DropAssembly();
        frame = default;
        var end = buffer.PositionOf(Tokens.MessageEnd[0]);
        var message = end is null ? buffer : buffer.Slice(0, end.Value);
        if (message.Length > StanzaBytesMax)
        {
            StreamException.Throw(StreamErrorCondition.PolicyViolation, "stanza too big");
        }

        if (end is null)
        {
            return false;
        }

        buffer = buffer.Slice(buffer.GetPosition(1, end.Value));
        frame = Read(message);
        return true;
    }

    private Frame Read(in ReadOnlySequence<byte> message)
    {
        var bytes = message.First;
        if (!message.IsSingleSegment)
        {
            foreach (var segment in message)
            {
                Append(segment.Span);
            }

            bytes = Assembly;
        }

        var element = bytes[Scan(bytes.Span)..][..Scanner.Position];
        var head = Scanner.Head;
        var kind = KindOf(head, element.Span);
        if (kind == FrameKind.StreamHeader)
        {
            Scanner.Open(new StreamHeader(element.Span, head));
        }

        return new Frame(kind, new ReadOnlySequence<byte>(element), head);
    }

    // Where the message's only element begins; it ends where the scanner stands.
    private int Scan(ReadOnlySpan<byte> message)
    {
        if (message is not [(byte)'<', ..])
        {
            StreamException.Throw(StreamErrorCondition.BadFormat, "a message is text that begins with '<'");
        }

        var start = 0;
        Begin(message, isFirst: true);
        if (Scanner.Item == ScannedItem.Declaration)
        {
            start = XmlChars.SkipSpace(message, Scanner.Position);
            Begin(message[start..], isFirst: false);
        }

        if (XmlChars.SkipSpace(message, start + Scanner.Position) < message.Length)
        {
            StreamException.Throw(StreamErrorCondition.NotWellFormed, "a message is one element");
        }

        return start;
    }

    private void Begin(ReadOnlySpan<byte> item, bool isFirst)
    {
        Scanner.Next();
        Scanner.AtStart = isFirst;
        if (item is not [(byte)'<', ..] || !Scanner.Scan(item))
        {
            StreamException.Throw(StreamErrorCondition.NotWellFormed, "a message is one whole element");
        }
    }

    private FrameKind KindOf(in ElementHead head, ReadOnlySpan<byte> element)
    {
        var name = head.Name(element);
        if (head.Namespace == ElementNamespace.Framing)
        {
            return name.SequenceEqual("open"u8) ? FrameKind.StreamHeader : name.SequenceEqual("close"u8) ? FrameKind.StreamEnd : FrameKind.Element;
        }

        // RFC 7395 §3.3.2 and §3.3.3: headers have a namespace of their own, and nothing inherits one.
        var isMisplaced = Header == StreamHeader.NoneFramed || head.Namespace == ElementNamespace.None || (head.IsStanza && head.Namespace != ElementNamespace.Client);
        if (isMisplaced || name.SequenceEqual("open"u8) || name.SequenceEqual("close"u8))
        {
            StreamException.Throw(StreamErrorCondition.InvalidNamespace);
        }

        return FrameKind.Element;
    }
}
