using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Krewe.Frontend.Components;

/// <summary>XEP-0114 §3: a component proves that it knows its secret by the SHA-1 of the stream's id and the secret, in hexadecimal digits.</summary>
internal static class ComponentHandshake
{
    /// <summary>XEP-0114 asks for lower case; upper case says the same. The time that it takes tells nothing of the secret.</summary>
    public static bool Proves(string streamId, string secret, string digest)
    {
        Span<byte> given = stackalloc byte[SHA1.HashSizeInBytes];
        return Convert.FromHexString(digest.AsSpan().Trim(" \t\r\n"), given, out var read, out var written) == OperationStatus.Done
            && read > 0 && written == given.Length
            && CryptographicOperations.FixedTimeEquals(given, Digest(streamId, secret));
    }

    private static byte[] Digest(string streamId, string secret)
    {
#pragma warning disable CA5350 // XEP-0114 names SHA-1
        return SHA1.HashData(Encoding.UTF8.GetBytes(streamId + secret));
#pragma warning restore CA5350
    }
}
