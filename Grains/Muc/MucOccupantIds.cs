using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Krewe.Contracts.Addressing;

namespace Krewe.Grains.Muc;

/// <summary>XEP-0421 §4.1: the same user has the same id in the same room, whatever the nickname; nobody can tell the user or another room's id from it.</summary>
internal static class MucOccupantIds
{
    public const int KeyBytes = 32;

    public static string Of(ReadOnlySpan<byte> key, Jid room, Jid user) =>
        Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{room.Bare}\0{user.Bare}")));
}
