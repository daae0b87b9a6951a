using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Krewe.Contracts.Accounts;

namespace Krewe.Frontend.Sasl;

/// <summary>
/// The outcome of PBKDF2 for passwords that were right a while ago, so that a client that comes back with PLAIN does not cost milliseconds each time. It decides
/// nothing: what it gives is compared with the account's present StoredKey. Passwords are kept only as an HMAC under a key of this process.
/// </summary>
internal sealed class DerivedKeyCache(TimeProvider time)
{
    internal const int EntriesMax = 50_000;

    internal static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    private const int StackBytesMax = 512;

    private readonly byte[] _secret = RandomNumberGenerator.GetBytes(HMACSHA256.HashSizeInBytes);
    private readonly Lock _gate = new();

    // Two generations: when the young one is full or old enough, the other is dropped as a whole. No entry is looked for to be evicted.
    private Dictionary<Key, Entry> _young = [];
    private Dictionary<Key, Entry> _old = [];
    private long _youngSince = time.GetTimestamp();

    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _young.Count + _old.Count;
            }
        }
    }

    /// <summary>The StoredKey that the password has under the salt and iterations of the credentials.</summary>
    internal bool TryGet(string preparedPassword, ScramCredentials credentials, [NotNullWhen(true)] out byte[]? storedKey)
    {
        var key = KeyOf(preparedPassword, credentials);
        lock (_gate)
        {
            storedKey = (_young.TryGetValue(key, out var entry) || _old.TryGetValue(key, out entry)) && time.GetElapsedTime(entry.Since) < Lifetime
                ? entry.StoredKey
                : null;
        }

        return storedKey is not null;
    }

    internal void Add(string preparedPassword, ScramCredentials credentials, byte[] storedKey)
    {
        var key = KeyOf(preparedPassword, credentials);
        lock (_gate)
        {
            if (_young.Count >= EntriesMax / 2 || time.GetElapsedTime(_youngSince) >= Lifetime)
            {
                (_old, _young) = (_young, []);
                _youngSince = time.GetTimestamp();
            }

            _young[key] = new Entry(storedKey, time.GetTimestamp());
        }
    }

    private Key KeyOf(string preparedPassword, ScramCredentials credentials)
    {
        const int prefixBytes = 1 + (2 * sizeof(int));
        var salt = credentials.Salt.Span;
        var length = prefixBytes + salt.Length + Encoding.UTF8.GetByteCount(preparedPassword);
        var text = length <= StackBytesMax ? stackalloc byte[StackBytesMax] : new byte[length];
        text[0] = (byte)credentials.Hash;
        BinaryPrimitives.WriteInt32LittleEndian(text[1..], credentials.Iterations);
        BinaryPrimitives.WriteInt32LittleEndian(text[(1 + sizeof(int))..], salt.Length);
        salt.CopyTo(text[prefixBytes..]);
        Encoding.UTF8.GetBytes(preparedPassword, text[(prefixBytes + salt.Length)..]);
        Span<byte> hmac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_secret, text[..length], hmac);
        CryptographicOperations.ZeroMemory(text);
        return MemoryMarshal.Read<Key>(hmac);
    }

    private readonly record struct Key(UInt128 First, UInt128 Second);

    private readonly record struct Entry(byte[] StoredKey, long Since);
}
