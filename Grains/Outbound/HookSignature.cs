using System.Buffers.Text;
using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Krewe.Grains.Outbound;

/// <summary>
/// Signatures of Standard Webhooks 1.0: HMAC-SHA-256 over <c>{id}.{timestamp}.{payload}</c>, one for each secret. A request without a body signs
/// <c>METHOD SP path-and-query</c> in its place.
/// </summary>
internal static class HookSignature
{
    private const int IdBytes = 15;

    /// <summary>A new <c>webhook-id</c>; the same for every attempt of one call.</summary>
    public static string NewId()
    {
        Span<byte> random = stackalloc byte[IdBytes];
        RandomNumberGenerator.Fill(random);
        return $"msg_{Base64Url.EncodeToString(random)}";
    }

    /// <summary>The value of <c>webhook-signature</c>.</summary>
    public static string Sign(string id, long timestamp, ReadOnlySpan<byte> payload, ImmutableArray<ReadOnlyMemory<byte>> secrets)
    {
        var head = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{timestamp}."));
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        var signatures = new string[secrets.Length];
        for (var i = 0; i < secrets.Length; i++)
        {
            using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secrets[i].Span);
            hash.AppendData(head);
            hash.AppendData(payload);
            hash.GetHashAndReset(mac);
            signatures[i] = $"v1,{Convert.ToBase64String(mac)}";
        }

        return string.Join(' ', signatures);
    }
}
