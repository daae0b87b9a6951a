using System.Diagnostics.CodeAnalysis;

namespace Krewe.Frontend.Xml;

/// <summary>
/// Reads one element, forward only, for handlers that need more than its head. An empty element is a start and an end, too. It relies on the framer's
/// proof of well-formedness: on other bytes it ends early, but it ends.
/// </summary>
/// <param name="element">The whole element.</param>
/// <param name="defaultNamespace">What an element is in that declares nothing: the content namespace of its stream.</param>
internal ref partial struct XmlElementReader(ReadOnlySpan<byte> element, string defaultNamespace = "jabber:client")
{
    private readonly ReadOnlySpan<byte> _element = element;
    private ReadOnlySpan<byte> _name;
    private ReadOnlySpan<byte> _attributes;
    private ReadOnlySpan<byte> _text;
    private bool _isCData;
    private int _position;
    private int _start;

    // Elements that are open, the current one included.
    private int _open;
    private Declaration[]? _declarations;
    private int _declarationCount;

    public XmlNode Node { get; private set; }

    /// <summary>Whether the start that the reader stands on is <c>&lt;name/&gt;</c>.</summary>
    public bool IsEmpty { get; private set; }

    /// <summary>How many elements enclose the node: 0 at the start and the end of the whole element.</summary>
    public readonly int Depth => Node == XmlNode.Text ? _open : _open - 1;

    /// <summary>The characters of a text node.</summary>
    public readonly string Text => Node != XmlNode.Text ? "" : _isCData ? DecodeCData() : XmlText.DecodeText(_text);

    /// <summary>Whether a text node is nothing but white space, written as such.</summary>
    public readonly bool IsWhiteSpace => _text.IndexOfAnyExcept(" \t\r\n"u8) < 0;

    /// <summary>Goes on to the next node. False at the end.</summary>
    public bool Read()
    {
        if (Node == XmlNode.Start && IsEmpty)
        {
            IsEmpty = false;
            Node = XmlNode.End;
            return true;
        }

        if (Node == XmlNode.End)
        {
            ForgetDeclarations();
            _open--;
        }

        IsEmpty = false;
        while (_position < _element.Length && (_open > 0 || _position == 0))
        {
            if (TryReadNode())
            {
                return true;
            }
        }

        Node = XmlNode.None;
        _open = 0;
        _position = _element.Length;
        return false;
    }

    /// <summary>Goes to the start of the first child element of the whole; white space in front of it says nothing (RFC 6120 §8.2.3). False when there is none.</summary>
    public bool ReadToFirstChild()
    {
        while (Read())
        {
            if (Node == XmlNode.Start && Depth == 1)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Goes on to the start of the next child element of the whole. False when there is none.</summary>
    public bool ReadToNextChild()
    {
        if (Depth == 1)
        {
            Skip();
        }

        return ReadToFirstChild();
    }

    /// <summary>The text directly inside the element whose start the reader stands on; moves to its end. Elements in between are skipped.</summary>
    public string ReadText()
    {
        var depth = Depth;
        var text = "";
        while (Read() && !(Node == XmlNode.End && Depth == depth))
        {
            if (Node == XmlNode.Start)
            {
                Skip();
            }
            else if (Node == XmlNode.Text)
            {
                text = text.Length == 0 ? Text : text + Text;
            }
        }

        return text;
    }

    /// <summary>Moves from the start of an element to its end.</summary>
    public void Skip()
    {
        if (Node != XmlNode.Start)
        {
            return;
        }

        var depth = Depth;
        while (Read() && !(Node == XmlNode.End && Depth == depth))
        {
        }
    }

    /// <summary>The raw bytes of the element whose start the reader stands on; moves to its end. Prefixes declared further out are not declared again.</summary>
    public ReadOnlySpan<byte> OuterXml() => OuterRange().Of(_element);

    /// <summary>Where they are.</summary>
    public ByteRange OuterRange()
    {
        var start = _start;
        Skip();
        return new ByteRange(start, _position - start);
    }

    /// <summary>The offset behind what was read.</summary>
    public readonly int Position => _position;

    /// <summary>The raw attributes of the start that the reader stands on, with the white space in front of each.</summary>
    public readonly ReadOnlySpan<byte> Attributes => Node == XmlNode.Start ? _attributes : default;

    /// <summary>An attribute of the start that the reader stands on, by its name as written (<c>jid</c>, <c>xml:lang</c>).</summary>
    public readonly bool TryGetAttribute(ReadOnlySpan<byte> name, [NotNullWhen(true)] out string? value)
    {
        var cursor = new AttributeCursor(_attributes);
        while (Node == XmlNode.Start && cursor.MoveNext())
        {
            if (cursor.Name.SequenceEqual(name))
            {
                value = XmlText.DecodeValue(cursor.Value);
                return true;
            }
        }

        value = null;
        return false;
    }
}
