using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Krewe.Frontend.Sasl;

/// <summary>Base 64 as RFC 6120 §6.4.2 wants it: RFC 4648 §4 with padding, zero pad bits, and nothing else, white space included.</summary>
internal static class StrictBase64
{
    private static readonly SearchValues<char> Alphabet = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=");

    internal static bool TryDecode(ReadOnlySpan<char> text, [NotNullWhen(true)] out byte[]? data)
    {
        data = null;
        if (text.Length % 4 != 0 || text.ContainsAnyExcept(Alphabet))
        {
            return false;
        }

        var buffer = new byte[text.Length / 4 * 3];
        if (!Convert.TryFromBase64Chars(text, buffer, out var length))
        {
            return false;
        }

        // The runtime does not look at pad bits; only the canonical form encodes to itself.
        buffer = length == buffer.Length ? buffer : buffer[..length];
        data = text.SequenceEqual(Convert.ToBase64String(buffer)) ? buffer : null;
        return data is not null;
    }
}
