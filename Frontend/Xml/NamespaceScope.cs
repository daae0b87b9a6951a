using Krewe.Frontend.Streams;

namespace Krewe.Frontend.Xml;

/// <summary>An attribute of the start tag that is being read, as offsets into the element.</summary>
internal readonly record struct XmlAttribute(int NameStart, int PrefixLength, int NameLength, bool IsDeclaration, ByteRange Value)
{
    public ReadOnlySpan<byte> Name(ReadOnlySpan<byte> data) => data.Slice(NameStart, NameLength);

    public ReadOnlySpan<byte> Prefix(ReadOnlySpan<byte> data) => data.Slice(NameStart, PrefixLength);

    public ReadOnlySpan<byte> LocalName(ReadOnlySpan<byte> data)
        => PrefixLength == 0 ? Name(data) : data[(NameStart + PrefixLength + 1)..(NameStart + NameLength)];
}

/// <summary>The namespace declarations in force inside the element that is being read (Namespaces in XML 1.0 §6), innermost last.</summary>
internal sealed class NamespaceScope
{
    private Declaration[] _declarations = new Declaration[4];

    public int Count { get; private set; }

    /// <summary>Adds a declaration, after the constraints of Namespaces in XML 1.0 §3 and §5.</summary>
    public void Declare(ReadOnlySpan<byte> data, in XmlAttribute attribute)
    {
        var prefix = attribute.PrefixLength == 0
            ? default
            : new ByteRange(attribute.NameStart + attribute.PrefixLength + 1, attribute.NameLength - attribute.PrefixLength - 1);
        Check(prefix.Of(data), attribute.Value.Of(data));
        if (Count == _declarations.Length)
        {
            Array.Resize(ref _declarations, Count * 2);
        }

        _declarations[Count++] = new Declaration(prefix, attribute.Value);
    }

    /// <summary>Forgets the declarations of elements that have ended.</summary>
    public void Truncate(int count) => Count = count;

    /// <summary>The namespace that an empty or a declared prefix is bound to by the newest declaration; absent when there is none.</summary>
    public ByteRange Find(ReadOnlySpan<byte> data, ReadOnlySpan<byte> prefix)
    {
        for (var i = Count - 1; i >= 0; i--)
        {
            if (_declarations[i].Prefix.Of(data).SequenceEqual(prefix))
            {
                return _declarations[i].Value;
            }
        }

        return default;
    }

    private static void Check(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> value)
    {
        var isXml = XmlText.ValuesEqual(value, Tokens.XmlNamespace);
        if (isXml != prefix.SequenceEqual("xml"u8)
            || prefix.SequenceEqual("xmlns"u8)
            || (value.IsEmpty && !prefix.IsEmpty)
            || XmlText.ValuesEqual(value, Tokens.XmlnsNamespace))
        {
            StreamException.Throw(StreamErrorCondition.NotWellFormed);
        }
    }

    private readonly record struct Declaration(ByteRange Prefix, ByteRange Value);
}
