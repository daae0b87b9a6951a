using System.Collections.Immutable;
using Krewe.Contracts.Accounts;

namespace Krewe.Frontend.Http;

/// <summary>Checks the body of an account change, and reads stored SCRAM keys out of it (RFC 5802 §3).</summary>
internal static class AccountChanges
{
    private const int PasswordCharactersMax = 1024;

    private const int SaltBytesMax = 255;

    public static List<ProblemPlace> Check(AccountChangeBody body, out ImmutableArray<ScramCredentials> scram)
    {
        var errors = new List<ProblemPlace>();
        scram = [];
        if (body is { Password: null, Scram: null, Enabled: null } or { Password: not null, Scram: not null })
        {
            errors.Add(new ProblemPlace("$", "must have one of password and scram, or enabled, or enabled with one of them"));
        }

        if (body.Password is { } password && password.Length is 0 or > PasswordCharactersMax)
        {
            errors.Add(new ProblemPlace("$.password", $"must be a string of 1 to {PasswordCharactersMax} characters"));
        }

        if (body.Scram is { Count: 0 })
        {
            errors.Add(new ProblemPlace("$.scram", "must name at least one mechanism"));
        }

        foreach (var (mechanism, keys) in body.Scram ?? ImmutableDictionary<string, ScramBody>.Empty)
        {
            if (Read(mechanism, keys, errors) is { } credentials)
            {
                scram = scram.Add(credentials);
            }
        }

        return errors;
    }

    private static ScramCredentials? Read(string mechanism, ScramBody? keys, List<ProblemPlace> errors)
    {
        var path = $"$.scram['{mechanism}']";
        if (!ScramKeys.TryParseMechanismName(mechanism, out var hash) || keys is null)
        {
            errors.Add(new ProblemPlace(path, keys is null ? "must be an object" : $"must be one of {string.Join(", ", ScramKeys.Hashes.Select(ScramKeys.MechanismName))}"));
            return null;
        }

        var bytes = ScramKeys.HashBytes(hash);
        var before = errors.Count;
        var salt = Bytes(keys.Salt, 1, SaltBytesMax, $"{path}.salt", errors);
        var storedKey = Bytes(keys.StoredKey, bytes, bytes, $"{path}.stored_key", errors);
        var serverKey = Bytes(keys.ServerKey, bytes, bytes, $"{path}.server_key", errors);
        if (keys.Iterations is < ScramKeys.IterationsMin or > ScramKeys.IterationsMax)
        {
            errors.Add(new ProblemPlace($"{path}.iterations", $"must be a whole number from {ScramKeys.IterationsMin} to {ScramKeys.IterationsMax}"));
        }

        return errors.Count == before ? new ScramCredentials(hash, salt, keys.Iterations, storedKey, serverKey) : null;
    }

    private static byte[] Bytes(string? base64, int bytesMin, int bytesMax, string path, List<ProblemPlace> errors)
    {
        var bytes = new byte[SaltBytesMax + 2];
        if (base64 is not null && Convert.TryFromBase64String(base64, bytes, out var length) && length >= bytesMin && length <= bytesMax)
        {
            return bytes[..length];
        }

        errors.Add(new ProblemPlace(path, $"must be the base64 of {(bytesMin == bytesMax ? $"{bytesMin}" : $"{bytesMin} to {bytesMax}")} bytes"));
        return [];
    }
}
