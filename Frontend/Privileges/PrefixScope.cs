using System.Buffers;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Privileges;

/// <summary>The prefixes that are declared around an element, by the start tags that enclose it (Namespaces in XML 1.0 §6.1): for one that is to stand by itself.</summary>
internal sealed class PrefixScope
{
    private readonly Dictionary<string, byte[]> _prefixes = new(StringComparer.Ordinal);

    public PrefixScope(ReadOnlySpan<byte> streamDeclarations) => Enter(streamDeclarations);

    /// <summary>The one prefix that streams need for themselves means something else here.</summary>
    public bool HidesStreams { get; private set; }

    /// <summary>Takes the attributes of the next start tag inwards.</summary>
    public void Enter(ReadOnlySpan<byte> attributes)
    {
        if (attributes.IndexOf("xmlns:"u8) < 0)
        {
            return;
        }

        var cursor = new AttributeCursor(attributes);
        while (cursor.MoveNext())
        {
            if (cursor.Name.SequenceEqual("xmlns:stream"u8))
            {
                HidesStreams |= !cursor.Value.SequenceEqual(Tokens.StreamsNamespace);
            }
            else if (cursor.Name.StartsWith("xmlns:"u8))
            {
                _prefixes[System.Text.Encoding.UTF8.GetString(cursor.Name)] = cursor.Value.ToArray();
            }
        }
    }

    /// <summary>As attributes of a start tag, each with a blank in front.</summary>
    public byte[] ToDeclarations()
    {
        if (_prefixes.Count == 0)
        {
            return [];
        }

        var output = new ArrayBufferWriter<byte>();
        foreach (var (name, value) in _prefixes)
        {
            // A value as it was sent may hold the quote that it was not enclosed in.
            var quote = value.AsSpan().Contains((byte)'\'') ? "\""u8 : "'"u8;
            output.Write(" "u8);
            output.Write(System.Text.Encoding.UTF8.GetBytes(name));
            output.Write("="u8);
            output.Write(quote);
            output.Write(value);
            output.Write(quote);
        }

        return output.WrittenSpan.ToArray();
    }
}
