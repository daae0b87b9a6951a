using Krewe.Frontend.Streams;

namespace Krewe.Frontend.Xml;

/// <content>Start tags: their names, attributes and namespaces (XML 1.0 §3.1, Namespaces in XML 1.0 §3 to §6).</content>
internal sealed partial class XmlScanner
{
    /// <summary>White space around an equals sign, which nobody writes; it bounds what is read again when an attribute arrives in pieces.</summary>
    private const int EqualsSpaceBytesMax = 64;

    private XmlAttribute[] _attributes = new XmlAttribute[8];
    private int _attributeCount;
    private int _prefixedAttributes;
    private ByteRange _name;
    private int _prefixLength;
    private XmlAttribute _attribute;
    private int _valueStart;
    private byte _quote;
    private bool _sawSpace;

    private bool ScanTagName(ReadOnlySpan<byte> data)
    {
        var start = _position + 1;
        var window = Window(data, start, limits.NameBytesMax + 1);
        if (!XmlName.TryScan(window, out _prefixLength, out var length))
        {
            return MoreWithin(window, limits.NameBytesMax + 1, "name too long");
        }

        _name = new ByteRange(start, length);
        _position = start + length;
        _attributeCount = 0;
        _prefixedAttributes = 0;
        _sawSpace = false;
        _state = State.Tag;
        return true;
    }

    private bool ScanTag(ReadOnlySpan<byte> data)
    {
        var start = _position;
        _position = XmlChars.SkipSpace(data, start);
        _sawSpace |= _position > start;
        if (_position == data.Length)
        {
            return false;
        }

        switch (data[_position])
        {
            case (byte)'>':
                _position++;
                OpenTag(data, isEmpty: false);
                return true;
            case (byte)'/':
                if (data.Length - _position < 2)
                {
                    return false;
                }

                if (data[_position + 1] != (byte)'>')
                {
                    StreamException.Throw(StreamErrorCondition.NotWellFormed);
                }

                _position += 2;
                OpenTag(data, isEmpty: true);
                return true;
            default:
                if (!_sawSpace)
                {
                    StreamException.Throw(StreamErrorCondition.NotWellFormed);
                }

                return ScanAttributeName(data);
        }
    }

    // From the name to the opening quote.
    private bool ScanAttributeName(ReadOnlySpan<byte> data)
    {
        var max = limits.NameBytesMax + EqualsSpaceBytesMax;
        var window = Window(data, _position, max);
        if (!XmlName.TryScan(window, out var prefixLength, out var length))
        {
            return MoreWithin(window, max, "name too long");
        }

        if (length > limits.NameBytesMax)
        {
            StreamException.Throw(StreamErrorCondition.PolicyViolation, "name too long");
        }

        var equals = XmlChars.SkipSpace(window, length);
        if (equals < window.Length && window[equals] != (byte)'=')
        {
            StreamException.Throw(StreamErrorCondition.NotWellFormed);
        }

        var quote = XmlChars.SkipSpace(window, equals + 1);
        if (quote >= window.Length)
        {
            return MoreWithin(window, max, "name too long");
        }

        _quote = window[quote];
        if (_quote is not ((byte)'\'' or (byte)'"'))
        {
            StreamException.Throw(StreamErrorCondition.NotWellFormed);
        }

        var isDeclaration = length >= 5 && window.StartsWith("xmlns"u8) && (length == 5 || prefixLength == 5);
        _attribute = new XmlAttribute(_position, prefixLength, length, isDeclaration, default);
        _position += quote + 1;
        _valueStart = _position;
        _state = State.Value;
        return true;
    }

    private void AddAttribute(ByteRange value)
    {
        if (_attributeCount == limits.AttributesMax)
        {
            StreamException.Throw(StreamErrorCondition.PolicyViolation, "too many attributes");
        }

        if (_attributeCount == _attributes.Length)
        {
            Array.Resize(ref _attributes, _attributeCount * 2);
        }

        _attributes[_attributeCount++] = _attribute with { Value = value };
        if (_attribute.PrefixLength > 0 && !_attribute.IsDeclaration)
        {
            _prefixedAttributes++;
        }
    }

    // All of the tag is known: its declarations take force, then its prefixes can be resolved.
    private void OpenTag(ReadOnlySpan<byte> data, bool isEmpty)
    {
        var outside = _scope.Count;
        var attributes = _attributes.AsSpan(0, _attributeCount);
        foreach (ref readonly var attribute in attributes)
        {
            if (attribute.IsDeclaration)
            {
                _scope.Declare(data, attribute);
            }
        }

        CheckUnique(data, attributes);
        if (!HasHeader)
        {
            OpenStream(data, attributes, isEmpty);
            return;
        }

        if (_prefixedAttributes > 0)
        {
            CheckPrefixes(data, attributes);
        }

        NoteElement(data, attributes, isEmpty);
        if (_depth == limits.DepthMax)
        {
            StreamException.Throw(StreamErrorCondition.PolicyViolation, "elements too deep");
        }

        if (_depth == _open.Length)
        {
            Array.Resize(ref _open, _depth * 2);
        }

        _open[_depth++] = new OpenElement(_name, outside);
        _state = State.Content;
        _brackets = 0;
        if (isEmpty)
        {
            CloseElement();
        }
    }

    private void OpenStream(ReadOnlySpan<byte> data, ReadOnlySpan<XmlAttribute> attributes, bool isEmpty)
    {
        var header = new StreamHeader(data[.._position], _name, _prefixLength, attributes);
        Resolve(data, header, _name.Of(data)[.._prefixLength], out _);
        Header = header;
        CheckPrefixes(data, attributes);
        if (isEmpty)
        {
            StreamException.Throw(StreamErrorCondition.BadFormat, "the stream ends with its header");
        }

        Item = ScannedItem.Header;
    }

    private static void CheckUnique(ReadOnlySpan<byte> data, ReadOnlySpan<XmlAttribute> attributes)
    {
        for (var i = 1; i < attributes.Length; i++)
        {
            var length = attributes[i].NameLength;
            for (var j = 0; j < i; j++)
            {
                if (attributes[j].NameLength == length && attributes[j].Name(data).SequenceEqual(attributes[i].Name(data)))
                {
                    StreamException.Throw(StreamErrorCondition.NotWellFormed);
                }
            }
        }
    }

    // Each prefix is declared, and no two of them make the same expanded name (Namespaces in XML 1.0 §6.3).
    private void CheckPrefixes(ReadOnlySpan<byte> data, ReadOnlySpan<XmlAttribute> attributes)
    {
        for (var i = 0; i < attributes.Length; i++)
        {
            if (attributes[i].PrefixLength == 0 || attributes[i].IsDeclaration)
            {
                continue;
            }

            var name = Resolve(data, Header, attributes[i].Prefix(data), out _);
            for (var j = 0; _prefixedAttributes > 1 && j < i; j++)
            {
                if (attributes[j].PrefixLength > 0 && !attributes[j].IsDeclaration
                    && attributes[j].LocalName(data).SequenceEqual(attributes[i].LocalName(data))
                    && XmlText.ValuesEqual(name, Resolve(data, Header, attributes[j].Prefix(data), out _)))
                {
                    StreamException.Throw(StreamErrorCondition.NotWellFormed);
                }
            }
        }
    }

    // The raw namespace of a prefix, or of the empty one; where it stands in the element, when it is declared there.
    private ReadOnlySpan<byte> Resolve(ReadOnlySpan<byte> data, StreamHeader header, ReadOnlySpan<byte> prefix, out ByteRange declared)
    {
        declared = _scope.Find(data, prefix);
        if (declared.Exists)
        {
            return declared.Of(data);
        }

        if (!header.TryFind(prefix, out var value))
        {
            if (!prefix.IsEmpty)
            {
                StreamException.Throw(StreamErrorCondition.NotWellFormed);
            }
        }
        else if (!prefix.IsEmpty && !prefix.SequenceEqual("xml"u8))
        {
            _usesStreamPrefix = true;
        }

        return value.Span;
    }

    private static ReadOnlySpan<byte> Window(ReadOnlySpan<byte> data, int start, int max)
        => data.Length - start > max ? data.Slice(start, max) : data[start..];

    private static bool MoreWithin(ReadOnlySpan<byte> window, int max, string text)
    {
        if (window.Length == max)
        {
            StreamException.Throw(StreamErrorCondition.PolicyViolation, text);
        }

        return false;
    }
}
