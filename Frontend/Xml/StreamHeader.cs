using System.Buffers;
using Krewe.Frontend.Streams;

namespace Krewe.Frontend.Xml;

/// <summary>
/// The peer's stream header (RFC 6120 §4.7) with the namespaces that it declares for everything that follows (§4.8). Whether it may open a stream
/// is in <see cref="Fault"/> rather than thrown, since the answer begins with a header of ours (§4.9.1.2).
/// </summary>
internal sealed class StreamHeader
{
    /// <summary>Before any header has come.</summary>
    public static readonly StreamHeader None = new();

    private static readonly ReadOnlyMemory<byte> s_xmlNamespace = Tokens.XmlNamespace.ToArray();
    private readonly (ReadOnlyMemory<byte> Prefix, ReadOnlyMemory<byte> Value)[] _declarations = [];

    /// <summary>Over WebSocket, before the first: each message is a document of its own, and nothing is declared outside of it (RFC 7395 §3.3.3).</summary>
    public static readonly StreamHeader NoneFramed = new();

    private StreamHeader()
    {
    }

    /// <summary>The attributes of an <c>&lt;open/&gt;</c> (RFC 7395 §3.4). What it declares holds for itself alone.</summary>
    internal StreamHeader(ReadOnlySpan<byte> open, in ElementHead head)
    {
        var cursor = new AttributeCursor(open[head.NameRange.End..head.StartTagEnd]);
        while (cursor.MoveNext())
        {
            Set(cursor.Name, cursor.Value);
        }
    }

    internal StreamHeader(ReadOnlySpan<byte> tag, ByteRange name, int prefixLength, ReadOnlySpan<XmlAttribute> attributes)
    {
        var copy = tag.ToArray();
        QualifiedName = copy.AsMemory(name.Start, name.Length);
        var declarations = new List<(ReadOnlyMemory<byte> Prefix, ReadOnlyMemory<byte> Value)>();
        foreach (var attribute in attributes)
        {
            var local = attribute.LocalName(tag);
            if (attribute.IsDeclaration)
            {
                var prefix = attribute.PrefixLength == 0
                    ? default
                    : copy.AsMemory(attribute.NameStart + attribute.PrefixLength + 1, local.Length);
                declarations.Add((prefix, copy.AsMemory(attribute.Value.Start, attribute.Value.Length)));
            }
            else
            {
                Set(attribute.PrefixLength == 0 ? local : attribute.Name(tag), attribute.Value.Of(tag));
            }
        }

        _declarations = [.. declarations];
        PrefixDeclarations = WritePrefixDeclarations();
        TryFind(default, out var content);
        ContentNamespaceBytes = content;
        ContentNamespace = ElementNamespaces.Parse(content.Span);
        var known = TryFind(tag.Slice(name.Start, prefixLength), out var own) && ElementNamespaces.Parse(own.Span) == ElementNamespace.Streams;
        var local2 = prefixLength == 0 ? name.Of(tag) : name.Of(tag)[(prefixLength + 1)..];
        Fault = !known ? StreamErrorCondition.InvalidNamespace
            : !local2.SequenceEqual("stream"u8) ? StreamErrorCondition.BadFormat
            : ContentNamespace is ElementNamespace.Client or ElementNamespace.Component or ElementNamespace.Streams or ElementNamespace.None ? null
            : StreamErrorCondition.InvalidNamespace;
    }

    public string? To { get; private set; }

    public string? From { get; private set; }

    public string? Id { get; private set; }

    public string? Version { get; private set; }

    public string? Lang { get; private set; }

    /// <summary><c>xml:lang</c> as escaped UTF-8, for <see cref="StanzaStamp"/>; empty without one.</summary>
    public ReadOnlyMemory<byte> LangEscaped { get; private set; }

    /// <summary>
    /// The default namespace. <see cref="ElementNamespace.None"/> and <see cref="ElementNamespace.Streams"/> mean that each stanza declares its own
    /// (RFC 6120 §4.8.3).
    /// </summary>
    public ElementNamespace ContentNamespace { get; }

    /// <summary>Why no stream can begin with this: no stream element, or a namespace that nobody here speaks (RFC 6120 §4.9.3.10). The listener still checks which content namespace is its own.</summary>
    public StreamErrorCondition? Fault { get; }

    /// <summary>The prefixes that the header declares, ready to be written into a start tag: <c> xmlns:p='…'</c>.</summary>
    public ReadOnlyMemory<byte> PrefixDeclarations { get; }

    /// <summary>The name as it was written, for the end tag.</summary>
    internal ReadOnlyMemory<byte> QualifiedName { get; }

    internal ReadOnlyMemory<byte> ContentNamespaceBytes { get; }

    /// <summary>What the stream binds a prefix, or the empty one, to.</summary>
    internal bool TryFind(ReadOnlySpan<byte> prefix, out ReadOnlyMemory<byte> value)
    {
        foreach (var declaration in _declarations)
        {
            if (declaration.Prefix.Span.SequenceEqual(prefix))
            {
                value = declaration.Value;
                return true;
            }
        }

        var isXml = prefix.SequenceEqual("xml"u8);
        value = isXml ? s_xmlNamespace : default;
        return isXml;
    }

    private void Set(ReadOnlySpan<byte> name, ReadOnlySpan<byte> raw)
    {
        if (name.SequenceEqual("to"u8))
        {
            To = XmlText.DecodeValue(raw);
        }
        else if (name.SequenceEqual("from"u8))
        {
            From = XmlText.DecodeValue(raw);
        }
        else if (name.SequenceEqual("id"u8))
        {
            Id = XmlText.DecodeValue(raw);
        }
        else if (name.SequenceEqual("version"u8))
        {
            Version = XmlText.DecodeValue(raw);
        }
        else if (name.SequenceEqual("xml:lang"u8))
        {
            Lang = XmlText.DecodeValue(raw);
            LangEscaped = XmppWriter.Escape(Lang);
        }
    }

    private ReadOnlyMemory<byte> WritePrefixDeclarations()
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new XmppWriter(output);
        foreach (var (prefix, value) in _declarations)
        {
            if (!prefix.IsEmpty && !prefix.Span.SequenceEqual("xml"u8))
            {
                writer.Raw(" xmlns:"u8);
                writer.Raw(prefix.Span);
                writer.Raw("='"u8);
                writer.Escaped(XmlText.DecodeValue(value.Span));
                writer.Raw("'"u8);
            }
        }

        return output.WrittenMemory;
    }
}
