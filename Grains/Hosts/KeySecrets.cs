using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Krewe.Grains.Hosts;

/// <summary>Makes the secrets of keys and compares them, in a time that says nothing about what is stored.</summary>
internal static class KeySecrets
{
    private const int SecretBytes = 32;

    private const int IdBytes = 8;

    public static string NewId() => RandomNumberGenerator.GetHexString(IdBytes * 2, lowercase: true);

    public static string NewSecret() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));

    public static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    public static bool IsMatch(string secret, ReadOnlyMemory<byte> hash) => CryptographicOperations.FixedTimeEquals(Hash(secret), hash.Span);
}
