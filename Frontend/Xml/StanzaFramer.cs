using System.Buffers;
using Krewe.Frontend.Streams;

namespace Krewe.Frontend.Xml;

/// <summary>
/// Cuts the bytes of one stream into its header, its first-level elements and its end (RFC 6120 §4.2 to §4.4), each proven well-formed and within
/// the limits before more than that is buffered. It does not judge what the elements say. After an exception it is of no more use.
/// </summary>
internal sealed class StanzaFramer(int stanzaBytesMax, StreamLimits? limits = null) : StreamFramer(stanzaBytesMax, limits)
{
    private bool _isInItem;
    private bool _hasEnded;
    private bool _isRestarted;

    /// <summary>Whether white space stood in front of the item just read, or stands in front of the next one as far as it has come (RFC 6120 §6.3.5 forbids it while SASL is negotiated).</summary>
    public bool SawWhitespace { get; private set; }

    /// <summary>A new stream begins with the next byte (RFC 6120 §4.3.3): a declaration is allowed again, the old namespaces are forgotten.</summary>
    public override void Restart()
    {
        EndItem();
        Scanner.Restart();
        _hasEnded = false;
        _isRestarted = true;
        SawWhitespace = false;
    }

    /// <summary>
    /// Takes the next item off the buffer. False when it is not complete: the next call must bring the same bytes and more. Only white space in front of an
    /// item and the XML declaration are taken off without a frame.
    /// </summary>
    /// <exception cref="StreamException">The bytes are no XMPP stream, or too many.</exception>
    public override bool TryRead(ref ReadOnlySequence<byte> buffer, out Frame frame)
    {
        frame = default;
        while (TryBegin(ref buffer))
        {
            if (!TryComplete(buffer, out var bytes))
            {
                return false;
            }

            buffer = buffer.Slice(bytes.Length);
            var item = Scanner.Item;
            if (item != ScannedItem.Declaration)
            {
                frame = Describe(item, bytes);
                _isInItem = false;
                return true;
            }

            EndItem();
        }

        return false;
    }

    private Frame Describe(ScannedItem item, in ReadOnlySequence<byte> bytes)
    {
        _hasEnded = item == ScannedItem.End;
        return item switch
        {
            ScannedItem.Header => new Frame(FrameKind.StreamHeader, bytes, default),
            ScannedItem.Element => new Frame(FrameKind.Element, bytes, Scanner.Head),
            _ => new Frame(FrameKind.StreamEnd, bytes, default),
        };
    }

    // White space, then the first byte of an item. The assembly of the item before is kept until here, because its frame was in use.
    private bool TryBegin(ref ReadOnlySequence<byte> buffer)
    {
        if (_isInItem)
        {
            return true;
        }

        if (Scanner.Item != ScannedItem.None)
        {
            EndItem();
            SawWhitespace = false;
        }

        while (!buffer.IsEmpty)
        {
            var span = buffer.FirstSpan;
            var space = XmlChars.SkipSpace(span, 0);
            if (space > 0)
            {
                SawWhitespace = true;

                // COMPAT: go-xmpp ends its last SASL element with a line feed and begins the new stream with an XML declaration behind it.
                Scanner.AtStart &= _isRestarted;
            }

            if (space < span.Length)
            {
                buffer = space == 0 ? buffer : buffer.Slice(space);
                _isInItem = IsItem(buffer);
                return _isInItem;
            }

            buffer = buffer.Slice(space);
        }

        return false;
    }

    // Only markup may follow. Of a character that is none of it, it still matters whether it is one.
    private bool IsItem(in ReadOnlySequence<byte> buffer)
    {
        if (buffer.FirstSpan[0] == (byte)'<' && !_hasEnded)
        {
            return true;
        }

        Span<byte> character = stackalloc byte[4];
        var length = (int)Math.Min(buffer.Length, character.Length);
        buffer.Slice(0, length).CopyTo(character);
        switch (System.Text.Rune.DecodeFromUtf8(character[..length], out var rune, out _))
        {
            case OperationStatus.NeedMoreData:
                return false;
            case OperationStatus.InvalidData:
                StreamException.Throw(StreamErrorCondition.UnsupportedEncoding);
                break;
        }

        var isText = XmlChars.IsChar(rune.Value) && Header != StreamHeader.None && !_hasEnded;
        StreamException.Throw(isText ? StreamErrorCondition.BadFormat : StreamErrorCondition.NotWellFormed);
        return false;
    }

    private bool TryComplete(in ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> bytes)
    {
        // A hostile peer must meet the limit before it can make us buffer more (RFC 6120 §13.12).
        var window = buffer.Length > StanzaBytesMax ? buffer.Slice(0, StanzaBytesMax) : buffer;
        var first = window.FirstSpan;
        if (Assembled == 0 && first.Length >= Scanner.Position && Scanner.Scan(first))
        {
            bytes = window.Slice(0, Scanner.Position);
            return true;
        }

        if ((Assembled > 0 || !window.IsSingleSegment) && TryAssemble(window))
        {
            bytes = new ReadOnlySequence<byte>(Assembly[..Scanner.Position]);
            return true;
        }

        if (window.Length < buffer.Length)
        {
            StreamException.Throw(StreamErrorCondition.PolicyViolation, "stanza too big");
        }

        bytes = default;
        return false;
    }

    // The scanner wants one piece. An item that lies in several is copied as its pieces come, each byte once and nothing behind the last piece.
    private bool TryAssemble(in ReadOnlySequence<byte> window)
    {
        foreach (var segment in window.Slice(Assembled))
        {
            Append(segment.Span);
            if (Assembled > Scanner.Position && Scanner.Scan(Assembly.Span))
            {
                return true;
            }
        }

        return false;
    }

    private void EndItem()
    {
        Scanner.Next();
        _isInItem = false;
        DropAssembly();
    }
}
