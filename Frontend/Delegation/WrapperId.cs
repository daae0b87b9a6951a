using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace Krewe.Frontend.Delegation;

/// <summary>The <c>id</c> of a forwarded request's wrapper: 128 random bits (specs D-033), written as 32 digits.</summary>
internal static class WrapperId
{
    private const int Digits = 32;

    public static UInt128 New()
    {
        Span<byte> random = stackalloc byte[16];
        RandomNumberGenerator.Fill(random);
        return BinaryPrimitives.ReadUInt128LittleEndian(random);
    }

    public static void Write(IBufferWriter<byte> output, UInt128 id)
    {
        id.TryFormat(output.GetSpan(Digits), out var length, "x32", CultureInfo.InvariantCulture);
        output.Advance(length);
    }

    /// <summary>False for what is none of ours, whatever it is.</summary>
    public static bool TryRead(ReadOnlySpan<byte> raw, out UInt128 id)
    {
        id = default;
        return raw.Length == Digits && raw.IndexOfAnyExceptInRange((byte)'0', (byte)'f') < 0
            && UInt128.TryParse(raw, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out id);
    }
}
