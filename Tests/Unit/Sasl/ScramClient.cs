using System.Security.Cryptography;
using System.Text;
using Krewe.Frontend.Sasl;

namespace Krewe.Tests.Unit.Sasl;

/// <summary>A client's side of SCRAM, written from RFC 5802 §3 with the runtime's primitives and none of the server's code.</summary>
internal sealed class ScramClient(string mechanism, string username, string password)
{
    private string _bare = "";

    internal string Gs2Header { get; init; } = mechanism.EndsWith("-PLUS", StringComparison.Ordinal) ? "p=tls-server-end-point,," : "n,,";

    internal byte[] BindingData { get; init; } = mechanism.EndsWith("-PLUS", StringComparison.Ordinal) ? SaslFixture.Binding.TlsServerEndPoint.ToArray() : [];

    internal string Nonce { get; init; } = "rOprNGfwEbeRWgbNEkqO";

    internal string ServerFirst { get; private set; } = "";

    internal string ServerSignature { get; private set; } = "";

    private HashAlgorithmName Hash { get; } = mechanism.Split('-')[2] switch
    {
        "1" => HashAlgorithmName.SHA1,
        "256" => HashAlgorithmName.SHA256,
        "512" => HashAlgorithmName.SHA512,
        _ => throw new ArgumentException("no SCRAM mechanism", nameof(mechanism)),
    };

    internal string First()
    {
        _bare = $"n={username.Replace("=", "=3D").Replace(",", "=2C")},r={Nonce}";
        return Gs2Header + _bare;
    }

    internal string Final(string serverFirst)
    {
        ServerFirst = serverFirst;
        var fields = serverFirst.Split(',');
        var withoutProof = $"c={Convert.ToBase64String([.. Encoding.UTF8.GetBytes(Gs2Header), .. BindingData])},{fields[0]}";
        var authMessage = Encoding.UTF8.GetBytes($"{_bare},{serverFirst},{withoutProof}");
        var salted = Rfc2898DeriveBytes.Pbkdf2(
            password, Convert.FromBase64String(fields[1][2..]), int.Parse(fields[2][2..]), Hash, CryptographicOperations.HashData(Hash, []).Length);
        var clientKey = Hmac(salted, "Client Key"u8);
        var signature = Hmac(CryptographicOperations.HashData(Hash, clientKey), authMessage);
        ServerSignature = Convert.ToBase64String(Hmac(Hmac(salted, "Server Key"u8), authMessage));
        return $"{withoutProof},p={Convert.ToBase64String([.. clientKey.Zip(signature, (a, b) => (byte)(a ^ b))])}";
    }

    /// <summary>The whole exchange.</summary>
    /// <param name="change">Changes the final message before it is sent.</param>
    internal async Task<SaslReply> LogInAsync(SaslNegotiator negotiator, Func<string, string>? change = null)
    {
        var reply = await negotiator.AuthAsync(mechanism, SaslFixture.Encode(First()));
        if (reply is not SaslReply.Challenge challenge)
        {
            return reply;
        }

        var final = Final(SaslFixture.Decode(challenge.Content));
        return await negotiator.ResponseAsync(SaslFixture.Encode(change?.Invoke(final) ?? final));
    }

    private byte[] Hmac(byte[] key, ReadOnlySpan<byte> data) => CryptographicOperations.HmacData(Hash, key, data);
}
