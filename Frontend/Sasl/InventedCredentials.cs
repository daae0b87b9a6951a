using System.Security.Cryptography;
using System.Text;
using Krewe.Contracts.Accounts;
using Krewe.Contracts.Addressing;

namespace Krewe.Frontend.Sasl;

/// <summary>
/// Stored keys for accounts that have none (RFC 5802 §9, against enumeration): the same name gets the same salt each time, also after a restart and from
/// another frontend, so that asking twice tells nothing. No password fits them.
/// </summary>
/// <param name="secret">Known to the service alone, the same in all its frontends and for as long as its accounts live.</param>
internal sealed class InventedCredentials(ReadOnlyMemory<byte> secret)
{
    internal ScramCredentials For(Jid account, ScramHash hash) => new(
        hash,
        Invent("salt", account, hash).AsMemory(0, ScramKeys.SaltBytes),
        ScramKeys.IterationsDefault,
        Invent("stored key", account, hash).AsMemory(0, ScramKeys.HashBytes(hash)),
        Invent("server key", account, hash).AsMemory(0, ScramKeys.HashBytes(hash)));

    private byte[] Invent(string what, Jid account, ScramHash hash) =>
        HMACSHA512.HashData(secret.Span, Encoding.UTF8.GetBytes($"{what} of {ScramKeys.MechanismName(hash)} for {account.Bare}"));
}
