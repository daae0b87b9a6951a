using System.Buffers;

namespace Krewe.Contracts.Addressing;

/// <summary>
/// Recognizes an address that is ASCII and already in its prepared form (RFC 7622 §3), as nearly every address on a stream is, so that it is
/// taken as it stands. Anything else is left to <see cref="JidEnforcement"/>; this only ever says yes where that would change nothing.
/// </summary>
internal static class AsciiJid
{
    /// <summary>RFC 1035 §2.3.4.</summary>
    internal const int LabelBytesMax = 63;

    /// <summary>RFC 7622 §3.3.1 without what case mapping would change: printable ASCII but for <c>" &amp; ' / : &lt; &gt; @</c> and capitals.</summary>
    private static readonly SearchValues<byte> LocalpartBytes =
        SearchValues.Create("!#$%()*+,-.0123456789;=?[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"u8);

    private static readonly SearchValues<byte> DomainpartBytes = SearchValues.Create("-.0123456789abcdefghijklmnopqrstuvwxyz"u8);

    private static readonly SearchValues<byte> ResourcepartBytes = SearchValues.Create([.. Enumerable.Range(0x20, 0x5F).Select(c => (byte)c)]);

    /// <summary>True for a prepared ASCII address; <paramref name="slash"/> is where its resourcepart is set off, −1 without one.</summary>
    internal static bool IsPrepared(ReadOnlySpan<byte> address, out int slash)
    {
        slash = address.IndexOf((byte)'/');
        var bare = slash < 0 ? address : address[..slash];
        var at = bare.IndexOf((byte)'@');
        return (at < 0 || IsLocalpart(bare[..at])) && IsDomainpart(bare[(at + 1)..]) && (slash < 0 || IsResourcepart(address[(slash + 1)..]));
    }

    private static bool IsLocalpart(ReadOnlySpan<byte> part) =>
        part.Length is > 0 and <= JidEnforcement.PartBytesMax && !part.ContainsAnyExcept(LocalpartBytes);

    private static bool IsResourcepart(ReadOnlySpan<byte> part) =>
        part.Length is > 0 and <= JidEnforcement.PartBytesMax && part[0] != ' ' && !part.ContainsAnyExcept(ResourcepartBytes);

    private static bool IsDomainpart(ReadOnlySpan<byte> part)
    {
        if (part.Length is 0 or > JidEnforcement.PartBytesMax || part.ContainsAnyExcept(DomainpartBytes))
        {
            return false;
        }

        while (true)
        {
            var dot = part.IndexOf((byte)'.');
            if (!IsLabel(dot < 0 ? part : part[..dot]))
            {
                return false;
            }

            if (dot < 0)
            {
                return true;
            }

            part = part[(dot + 1)..];
        }
    }

    /// <summary>An NR-LDH label (RFC 5890 §2.3.1): no hyphen at either end, and not both of its third and fourth letters.</summary>
    private static bool IsLabel(ReadOnlySpan<byte> label) =>
        label.Length is > 0 and <= LabelBytesMax && label[0] != '-' && label[^1] != '-' && !(label.Length >= 4 && label[2] == '-' && label[3] == '-');
}
