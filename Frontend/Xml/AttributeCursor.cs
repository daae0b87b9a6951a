namespace Krewe.Frontend.Xml;

/// <summary>Walks over the attributes of a start tag that is known to be well-formed; stops at anything else.</summary>
internal ref struct AttributeCursor(ReadOnlySpan<byte> attributes)
{
    private readonly ReadOnlySpan<byte> _attributes = attributes;

    /// <summary>Where the white space in front of the current attribute begins.</summary>
    public int Start { get; private set; }

    public int NameStart { get; private set; }

    /// <summary>Behind its closing quote.</summary>
    public int End { get; private set; }

    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>Raw.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    public bool MoveNext()
    {
        var name = XmlChars.SkipSpace(_attributes, End);
        var equals = _attributes[name..].IndexOf((byte)'=');
        if (equals <= 0)
        {
            return false;
        }

        equals += name;
        var quote = XmlChars.SkipSpace(_attributes, equals + 1);
        if (quote >= _attributes.Length)
        {
            return false;
        }

        var length = _attributes[(quote + 1)..].IndexOf(_attributes[quote]);
        if (length < 0)
        {
            return false;
        }

        Start = End;
        NameStart = name;
        Name = _attributes[name..equals].TrimEnd(" \t\r\n"u8);
        Value = _attributes.Slice(quote + 1, length);
        End = quote + length + 2;
        return true;
    }
}
