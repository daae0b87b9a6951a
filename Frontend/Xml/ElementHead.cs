using Krewe.Contracts.Stanzas;

namespace Krewe.Frontend.Xml;

/// <summary>The namespaces that a first-level element is told apart by.</summary>
internal enum ElementNamespace : byte
{
    /// <summary>No namespace at all.</summary>
    None,
    Client,
    Streams,
    Tls,
    Sasl,
    Component,
    StreamManagement,
    ClientState,

    /// <summary>RFC 7395: streams over WebSocket.</summary>
    Framing,

    /// <summary>Any other.</summary>
    Other,
}

/// <summary>A part of an element. Nothing but the element itself begins at 0, so that <c>default</c> means absent.</summary>
internal readonly record struct ByteRange(int Start, int Length)
{
    public bool Exists => Start > 0;

    public int End => Start + Length;

    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> element) => element.Slice(Start, Length);
}

/// <summary>
/// What the framer learned of a first-level element in its one pass (RFC 6120 §8), as offsets into the element. Values are raw: references are
/// still in them (<see cref="XmlText.DecodeValue"/>).
/// </summary>
internal readonly struct ElementHead
{
    public ElementNamespace Namespace { get; init; }

    /// <summary>Whether this is one of RFC 6120's three stanzas, in the stream's content namespace. The two below hold only then.</summary>
    public bool IsStanza { get; init; }

    public StanzaKind Kind { get; init; }

    public StanzaType StanzaType { get; init; }

    /// <summary>Whether <c>&lt;name …/&gt;</c> is all there is.</summary>
    public bool IsEmptyElement { get; init; }

    /// <summary>A prefix that only the stream header declares is used inside (RFC 6120 §4.8.5): whoever routes the element must declare it again.</summary>
    public bool UsesStreamPrefix { get; init; }

    /// <summary>The offset behind the start tag.</summary>
    public int StartTagEnd { get; init; }

    /// <summary>How many elements the element has as its children.</summary>
    public int ChildElements { get; init; }

    /// <summary>The local name.</summary>
    public ByteRange NameRange { get; init; }
    public ByteRange ToRange { get; init; }
    public ByteRange FromRange { get; init; }
    public ByteRange IdRange { get; init; }
    public ByteRange TypeRange { get; init; }
    public ByteRange LangRange { get; init; }
    public ByteRange FirstChildNameRange { get; init; }

    /// <summary>Absent when the first child's namespace is declared outside the element.</summary>
    public ByteRange FirstChildNamespaceRange { get; init; }

    /// <summary>The first child's namespace when the element does not declare it.</summary>
    public ReadOnlyMemory<byte> FirstChildStreamNamespace { get; init; }

    public bool HasTo => ToRange.Exists;

    public bool HasFrom => FromRange.Exists;

    public bool HasId => IdRange.Exists;

    public bool HasType => TypeRange.Exists;

    public bool HasLang => LangRange.Exists;

    public ReadOnlySpan<byte> Name(ReadOnlySpan<byte> element) => NameRange.Of(element);

    public ReadOnlySpan<byte> To(ReadOnlySpan<byte> element) => ToRange.Of(element);

    public ReadOnlySpan<byte> From(ReadOnlySpan<byte> element) => FromRange.Of(element);

    public ReadOnlySpan<byte> Id(ReadOnlySpan<byte> element) => IdRange.Of(element);

    public ReadOnlySpan<byte> Type(ReadOnlySpan<byte> element) => TypeRange.Of(element);

    public ReadOnlySpan<byte> Lang(ReadOnlySpan<byte> element) => LangRange.Of(element);

    /// <summary>The local name of the first child element; empty without one.</summary>
    public ReadOnlySpan<byte> FirstChildName(ReadOnlySpan<byte> element) => FirstChildNameRange.Of(element);

    /// <summary>The namespace of the first child element, its own or inherited; empty without one.</summary>
    public ReadOnlySpan<byte> FirstChildNamespace(ReadOnlySpan<byte> element)
        => FirstChildNamespaceRange.Exists ? FirstChildNamespaceRange.Of(element) : FirstChildStreamNamespace.Span;
}
