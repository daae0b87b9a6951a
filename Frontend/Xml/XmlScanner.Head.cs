using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Streams;

namespace Krewe.Frontend.Xml;

/// <content>What is noted of the first-level element and its children while they pass.</content>
internal sealed partial class XmlScanner
{
    private ElementHead _head;
    private int _children;
    private bool _usesStreamPrefix;
    private ByteRange _firstChildName;
    private ByteRange _firstChildNamespace;
    private ReadOnlyMemory<byte> _firstChildStreamNamespace;

    /// <summary>What was learned of an element that is complete.</summary>
    public ElementHead Head => _head with
    {
        ChildElements = _children,
        UsesStreamPrefix = _usesStreamPrefix,
        FirstChildNameRange = _firstChildName,
        FirstChildNamespaceRange = _firstChildNamespace,
        FirstChildStreamNamespace = _firstChildStreamNamespace,
    };

    private void ForgetHead()
    {
        _children = 0;
        _usesStreamPrefix = false;
        _firstChildName = default;
        _firstChildNamespace = default;
        _firstChildStreamNamespace = default;
    }

    private void NoteElement(ReadOnlySpan<byte> data, ReadOnlySpan<XmlAttribute> attributes, bool isEmpty)
    {
        if (_depth == 0)
        {
            NoteHead(data, attributes, isEmpty);
            return;
        }

        if (_depth == 1)
        {
            _children++;
        }

        if (_depth == 1 && _children == 1)
        {
            NoteFirstChild(data);
        }
        else if (_prefixLength > 0)
        {
            Resolve(data, Header, _name.Of(data)[.._prefixLength], out _);
        }
    }

    private void NoteFirstChild(ReadOnlySpan<byte> data)
    {
        var prefix = _name.Of(data)[.._prefixLength];
        Resolve(data, Header, prefix, out _firstChildNamespace);
        _firstChildName = LocalName;
        if (!_firstChildNamespace.Exists)
        {
            Header.TryFind(prefix, out _firstChildStreamNamespace);
        }
    }

    private void NoteHead(ReadOnlySpan<byte> data, ReadOnlySpan<XmlAttribute> attributes, bool isEmpty)
    {
        var space = Resolve(data, Header, _name.Of(data)[.._prefixLength], out var declared);
        var known = declared.Exists || _prefixLength > 0 ? ElementNamespaces.Parse(space) : Header.ContentNamespace;
        var isContent = IsContent(known);
        if (isContent && _prefixLength > 0)
        {
            StreamException.Throw(StreamErrorCondition.BadNamespacePrefix);
        }

        ByteRange to = default, from = default, id = default, type = default, lang = default;
        foreach (ref readonly var attribute in attributes)
        {
            var name = attribute.Name(data);
            switch (name.Length)
            {
                case 2 when name.SequenceEqual("to"u8):
                    to = attribute.Value;
                    break;
                case 2 when name.SequenceEqual("id"u8):
                    id = attribute.Value;
                    break;
                case 4 when name.SequenceEqual("type"u8):
                    type = attribute.Value;
                    break;
                case 4 when name.SequenceEqual("from"u8):
                    from = attribute.Value;
                    break;
                case 8 when name.SequenceEqual("xml:lang"u8):
                    lang = attribute.Value;
                    break;
            }
        }

        var kind = StanzaKind.Message;
        var isStanza = isContent && StanzaTypes.TryParseKind(_name.Of(data), out kind);
        _head = new ElementHead
        {
            Namespace = known,
            IsStanza = isStanza,
            Kind = kind,
            StanzaType = isStanza ? StanzaTypes.Parse(kind, type.Exists, type.Of(data)) : default,
            IsEmptyElement = isEmpty,
            StartTagEnd = _position,
            NameRange = LocalName,
            ToRange = to,
            FromRange = from,
            IdRange = id,
            TypeRange = type,
            LangRange = lang,
        };
    }

    private ByteRange LocalName => _prefixLength == 0
        ? _name
        : new ByteRange(_name.Start + _prefixLength + 1, _name.Length - _prefixLength - 1);

    // A header may leave it to each stanza to declare the content namespace (RFC 6120 §4.8.3).
    private bool IsContent(ElementNamespace space)
        => space is ElementNamespace.Client or ElementNamespace.Component
            && (Header.ContentNamespace == space || Header.ContentNamespace is not (ElementNamespace.Client or ElementNamespace.Component));
}
