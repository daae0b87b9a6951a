using System.Text;

namespace Krewe.Frontend.Xml;

/// <content>Names and namespaces of the start or end that the reader stands on (Namespaces in XML 1.0 §6).</content>
internal ref partial struct XmlElementReader
{
    /// <summary>Whether the local name is this.</summary>
    public readonly bool NameIs(ReadOnlySpan<byte> localName) => LocalNameBytes.SequenceEqual(localName);

    /// <summary>Whether the namespace is this.</summary>
    public readonly bool NamespaceIs(ReadOnlySpan<byte> value)
        => TryFind(Prefix, out var raw) ? XmlText.ValuesEqual(raw, value) : Prefix.IsEmpty && Ascii.Equals(value, defaultNamespace);

    public readonly bool Is(ReadOnlySpan<byte> localName, ReadOnlySpan<byte> value) => NameIs(localName) && NamespaceIs(value);

    public readonly string LocalName => Encoding.UTF8.GetString(LocalNameBytes);

    public readonly string Namespace
        => TryFind(Prefix, out var raw) ? XmlText.DecodeValue(raw) : Prefix.IsEmpty ? defaultNamespace : "";

    private readonly ReadOnlySpan<byte> Prefix => _name[..Math.Max(0, _name.IndexOf((byte)':'))];

    private readonly ReadOnlySpan<byte> LocalNameBytes => _name[(_name.IndexOf((byte)':') + 1)..];

    private readonly bool TryFind(ReadOnlySpan<byte> prefix, out ReadOnlySpan<byte> raw)
    {
        for (var i = _declarationCount - 1; i >= 0; i--)
        {
            var declaration = _declarations![i];
            if (declaration.Prefix.Of(_element).SequenceEqual(prefix))
            {
                raw = declaration.Value.Of(_element);
                return true;
            }
        }

        var isXml = prefix.SequenceEqual("xml"u8);
        raw = isXml ? Tokens.XmlNamespace : default;
        return isXml;
    }

    private void NoteDeclarations()
    {
        if (_attributes.IndexOf("xmlns"u8) < 0)
        {
            return;
        }

        var attributesStart = _position - (IsEmpty ? 2 : 1) - _attributes.Length;
        var cursor = new AttributeCursor(_attributes);
        while (cursor.MoveNext())
        {
            if (!cursor.Name.StartsWith("xmlns"u8) || (cursor.Name.Length > 5 && cursor.Name[5] != (byte)':'))
            {
                continue;
            }

            _declarations ??= new Declaration[4];
            if (_declarationCount == _declarations.Length)
            {
                Array.Resize(ref _declarations, _declarationCount * 2);
            }

            var prefixLength = Math.Max(0, cursor.Name.Length - 6);
            var name = attributesStart + cursor.NameStart;
            var value = new ByteRange(attributesStart + cursor.End - 1 - cursor.Value.Length, cursor.Value.Length);
            _declarations[_declarationCount++] = new Declaration(_open, new ByteRange(prefixLength == 0 ? 0 : name + 6, prefixLength), value);
        }
    }

    private void ForgetDeclarations()
    {
        while (_declarationCount > 0 && _declarations![_declarationCount - 1].Depth >= _open)
        {
            _declarationCount--;
        }
    }

    private readonly record struct Declaration(int Depth, ByteRange Prefix, ByteRange Value);
}
