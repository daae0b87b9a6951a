using System.Diagnostics;
using Krewe.Frontend.Streams;

namespace Krewe.Frontend.Xml;

/// <summary>What the scanner has found the end of.</summary>
internal enum ScannedItem : byte
{
    None,
    Declaration,
    Header,
    Element,
    End,
}

/// <summary>
/// Finds the end of one item of a stream (XML declaration, header, first-level element, end tag) and proves it well-formed on the way
/// (RFC 6120 §11.1, §11.3). It stops where the bytes stop and goes on from there, so that each byte is looked at once; only a name, a reference and
/// the XML declaration, all bounded, are read again when they arrive in pieces. Offsets count from the item's first byte.
/// </summary>
internal sealed partial class XmlScanner(StreamLimits limits)
{
    private enum State : byte
    {
        /// <summary>At a <c>&lt;</c>.</summary>
        Markup,

        /// <summary>Between the tags of an element.</summary>
        Content,

        /// <summary>In a start tag, behind its name or a value.</summary>
        Tag,

        /// <summary>Between the quotes of an attribute.</summary>
        Value,

        /// <summary>In a CDATA section.</summary>
        CData,

        /// <summary>Behind <c>&lt;/</c>.</summary>
        EndTag,
    }

    private readonly NamespaceScope _scope = new();
    private OpenElement[] _open = new OpenElement[8];
    private int _depth;
    private State _state;
    private int _position;
    private int _mark;
    private int _brackets;

    /// <summary>What has been found; the scanner takes no more bytes until <see cref="Next"/>.</summary>
    public ScannedItem Item { get; private set; }

    /// <summary>How far the item has been looked at; its length once it is complete.</summary>
    public int Position => _position;

    /// <summary>The header of the stream; <see cref="StreamHeader.None"/> until it has come.</summary>
    public StreamHeader Header { get; private set; } = StreamHeader.None;

    /// <summary>Whether an XML declaration would be at its place.</summary>
    public bool AtStart { get; set; } = true;

    private bool HasHeader => Header != StreamHeader.None;

    /// <summary>A new stream.</summary>
    public void Restart()
    {
        Header = StreamHeader.None;
        AtStart = true;
        Next();
    }

    /// <summary>Goes on below a header that came in another form than a start tag.</summary>
    public void Open(StreamHeader header) => Header = header;

    /// <summary>The next byte begins a new item of the same stream.</summary>
    public void Next()
    {
        Item = ScannedItem.None;
        _state = State.Markup;
        _position = 0;
        _depth = 0;
        _scope.Truncate(0);
        ForgetHead();
    }

    /// <summary>Looks at the item's bytes, all from its first one on. False when they end before it does.</summary>
    public bool Scan(ReadOnlySpan<byte> data)
    {
        while (Item == ScannedItem.None)
        {
            var goesOn = _state switch
            {
                State.Markup => ScanMarkup(data),
                State.Content => ScanContent(data),
                State.Tag => ScanTag(data),
                State.Value => ScanValue(data),
                State.CData => ScanCData(data),
                State.EndTag => ScanEndTag(data),
                _ => throw new UnreachableException(),
            };
            if (!goesOn)
            {
                return false;
            }
        }

        AtStart = false;
        return true;
    }

    private bool ScanMarkup(ReadOnlySpan<byte> data)
    {
        if (data.Length - _position < 2)
        {
            return false;
        }

        switch (data[_position + 1])
        {
            case (byte)'/':
                if (_depth == 0 && Header.QualifiedName.IsEmpty)
                {
                    StreamException.Throw(StreamErrorCondition.NotWellFormed);
                }

                _state = State.EndTag;
                _position += 2;
                _mark = _position;
                return true;
            case (byte)'?':
                return ScanDeclaration(data);
            case (byte)'!':
                return ScanSection(data);
            default:
                return ScanTagName(data);
        }
    }

    private bool ScanDeclaration(ReadOnlySpan<byte> data)
    {
        if (!AtStart)
        {
            StreamException.Throw(StreamErrorCondition.RestrictedXml);
        }

        if (!XmlDeclaration.TryScan(data, out var length))
        {
            return false;
        }

        Item = ScannedItem.Declaration;
        _position = length;
        return true;
    }

    private bool ScanSection(ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<byte> open = "<![CDATA["u8;
        var rest = data[_position..];
        if (rest.Length < 3)
        {
            return false;
        }

        // A comment or a document type is refused by how it begins: its end may never come.
        if (rest[2] is (byte)'-' or (>= (byte)'A' and <= (byte)'Z'))
        {
            StreamException.Throw(StreamErrorCondition.RestrictedXml);
        }

        var known = Math.Min(rest.Length, open.Length);
        if (!rest[..known].SequenceEqual(open[..known]))
        {
            StreamException.Throw(StreamErrorCondition.NotWellFormed);
        }

        if (_depth == 0)
        {
            StreamException.Throw(HasHeader ? StreamErrorCondition.BadFormat : StreamErrorCondition.NotWellFormed);
        }

        if (known < open.Length)
        {
            return false;
        }

        _state = State.CData;
        _position += open.Length;
        _brackets = 0;
        return true;
    }

    private bool ScanEndTag(ReadOnlySpan<byte> data)
    {
        var name = _depth > 0 ? _open[_depth - 1].Name.Of(data) : Header.QualifiedName.Span;
        var matched = _position - _mark;
        if (matched < name.Length)
        {
            var length = Math.Min(name.Length - matched, data.Length - _position);
            if (!data.Slice(_position, length).SequenceEqual(name.Slice(matched, length)))
            {
                StreamException.Throw(StreamErrorCondition.NotWellFormed);
            }

            _position += length;
        }

        _position = XmlChars.SkipSpace(data, _position);
        if (_position == data.Length)
        {
            return false;
        }

        if (data[_position++] != (byte)'>')
        {
            StreamException.Throw(StreamErrorCondition.NotWellFormed);
        }

        if (_depth == 0)
        {
            Item = ScannedItem.End;
        }
        else
        {
            CloseElement();
        }

        return true;
    }

    private void CloseElement()
    {
        _scope.Truncate(_open[--_depth].Declarations);
        _state = State.Content;
        _brackets = 0;
        if (_depth == 0)
        {
            Item = ScannedItem.Element;
        }
    }

    // Declarations: how many are in force outside the element.
    private readonly record struct OpenElement(ByteRange Name, int Declarations);
}
