using System.Buffers;
using System.Text;
using Krewe.Frontend.Streams;

namespace Krewe.Frontend.Xml;

/// <summary>A qualified name at the start of some bytes (Namespaces in XML 1.0 §4).</summary>
internal static class XmlName
{
    /// <summary>False when the bytes end before the name does. Throws where no name can be.</summary>
    /// <param name="prefixLength">Where the colon is; 0 without one.</param>
    /// <param name="length">The name with prefix and colon.</param>
    public static bool TryScan(ReadOnlySpan<byte> data, out int prefixLength, out int length)
    {
        prefixLength = 0;
        length = 0;
        while (TryScanPart(data, ref length))
        {
            if (data[length] != (byte)':')
            {
                return true;
            }

            if (prefixLength > 0)
            {
                StreamException.Throw(StreamErrorCondition.NotWellFormed);
            }

            prefixLength = length++;
        }

        return false;
    }

    // True only when the byte behind the part is known.
    private static bool TryScanPart(ReadOnlySpan<byte> data, ref int position)
    {
        var start = position;
        while (position < data.Length)
        {
            if (position > start || XmlChars.IsNameStart(data[position] < 0x80 ? data[position] : 0))
            {
                var run = data[position..].IndexOfAnyExcept(XmlChars.NameBytes);
                position = run < 0 ? data.Length : position + run;
                if (run < 0)
                {
                    return false;
                }
            }

            if (data[position] < 0x80)
            {
                break;
            }

            if (!TryScanRune(data[position..], isFirst: position == start, out var length))
            {
                return false;
            }

            if (length == 0)
            {
                break;
            }

            position += length;
        }

        if (position == start && position < data.Length)
        {
            StreamException.Throw(StreamErrorCondition.NotWellFormed);
        }

        return position < data.Length;
    }

    private static bool TryScanRune(ReadOnlySpan<byte> data, bool isFirst, out int length)
    {
        var status = Rune.DecodeFromUtf8(data, out var rune, out length);
        if (status == OperationStatus.InvalidData)
        {
            StreamException.Throw(StreamErrorCondition.UnsupportedEncoding);
        }

        if (status == OperationStatus.Done && !(isFirst ? XmlChars.IsNameStart(rune.Value) : XmlChars.IsName(rune.Value)))
        {
            length = 0;
        }

        return status == OperationStatus.Done;
    }
}
