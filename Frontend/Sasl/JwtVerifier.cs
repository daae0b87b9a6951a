using System.Runtime.CompilerServices;
using Krewe.Contracts.Hosting;
using Krewe.Contracts.Hosts;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Krewe.Frontend.Sasl;

internal enum JwtOutcome : byte
{
    Valid,
    Invalid,

    /// <summary>Everything about it is right but that its time is over.</summary>
    Expired,

    /// <summary>The host's keys cannot be read at present, or too many tokens wait to be verified.</summary>
    NoKeys,
}

/// <param name="User">What the token calls its user; null unless it is valid.</param>
internal readonly record struct JwtVerdict(JwtOutcome Outcome, string? User = null);

/// <summary>
/// Whether a token counts (RFC 7519 §7.2): a signature of one of the host's keys by an algorithm of that very kind of key (RFC 8725 §3.1), the issuer, the audience and the
/// time. Nothing in a token leads anywhere: keys that it names or brings along are not looked at. Verifying runs on the thread pool, one for each processor at a time: a host may have many
/// keys, and a caller's thread serves the streams of others.
/// </summary>
// A stream outlives its token: a token says who may come in, as a password does. Whoever must go at once is disabled, or his sessions are ended, over the API.
internal sealed class JwtVerifier(JwtKeyFiles files, TimeProvider time)
{
    private const int SignedTokenDots = 2;

    /// <summary>As many of one host as may wait for a password to be checked; who comes beyond is told to come back.</summary>
    private const int WaitingMax = PasswordVerifier.WaitingMax;

    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false, MaximumTokenSizeInBytes = SaslNegotiator.ContentCharsMax };

    private readonly ConditionalWeakTable<object, JwtSigningKeys> _keys = [];

    private readonly HostTurns _turns = new(Environment.ProcessorCount);

    /// <param name="host">Whose user it is said to be: hosts take turns.</param>
    public async ValueTask<JwtVerdict> VerifyAsync(string host, JwtSettings settings, string token)
    {
        if (await KeysAsync(settings) is not { } keys)
        {
            return new(JwtOutcome.NoKeys);
        }

        if (TryRead(token) is not { } jwt)
        {
            return new(JwtOutcome.Invalid);
        }

        if (!await _turns.TryEnterAsync(host, WaitingMax, CancellationToken.None))
        {
            return new(JwtOutcome.NoKeys);
        }

        try
        {
            return await Task.Run(() => JudgeAsync(settings, keys, jwt));
        }
        finally
        {
            _turns.Leave();
        }
    }

    private async Task<JwtVerdict> JudgeAsync(JwtSettings settings, JwtSigningKeys keys, JsonWebToken jwt)
    {

        var isTimely = true;
        var isExpired = false;
        var parameters = new TokenValidationParameters
        {
            IssuerSigningKeyResolver = (_, _, _, _) => keys.For(jwt.Alg, jwt.Kid),
            AlgorithmValidator = (algorithm, key, _, _) => keys.May(algorithm, key),
            ValidIssuer = settings.Issuer,
            ValidateIssuer = settings.Issuer is not null,
            ValidAudiences = settings.Audiences,
            ValidateAudience = !settings.Audiences.IsEmpty,
            LifetimeValidator = (notBefore, expires, _, _) =>
            {
                var now = time.GetUtcNow().UtcDateTime;
                isExpired = expires is { } end && Later(end, settings.ClockSkew) <= now;

                // A token without an end would be a password that nobody can take back.
                isTimely = expires is not null && !isExpired && !(notBefore is { } start && start > Later(now, settings.ClockSkew));

                // It is judged below, once everything else has been.
                return true;
            },
        };
        var result = await _handler.ValidateTokenAsync(jwt, parameters);
        return !result.IsValid ? new(JwtOutcome.Invalid)
            : isExpired ? new(JwtOutcome.Expired)
            : isTimely && jwt.TryGetPayloadValue<object>(settings.UserClaim, out var user) && user is string { Length: > 0 } name ? new(JwtOutcome.Valid, name)
            : new(JwtOutcome.Invalid);
    }

    /// <summary>RFC 7515 §4.1.11: a header that must be understood and is not makes the token invalid; Krewe understands none.</summary>
    private JsonWebToken? TryRead(string token)
    {
        // Encrypted ones (RFC 7516) have more parts.
        if (token.AsSpan().Count('.') != SignedTokenDots || !_handler.CanReadToken(token))
        {
            return null;
        }

        try
        {
            var jwt = new JsonWebToken(token);
            return jwt.TryGetHeaderValue<object>("crit", out _) ? null : jwt;
        }
        catch (Exception e) when (e is ArgumentException or SecurityTokenException or System.Text.Json.JsonException or FormatException)
        {
            return null;
        }
    }

    private async ValueTask<JwtSigningKeys?> KeysAsync(JwtSettings settings)
    {
        if (settings.KeysFile is { } file)
        {
            return await files.GetAsync(file) is { } read ? _keys.GetValue(read, static source => JwtSigningKeys.Of((JwtKeySet)source)) : null;
        }

        return settings.Keys is { } keys
            ? _keys.GetValue(keys, static source => JwtSigningKeys.Of((JwtKeySet)source))
            : _keys.GetValue(settings, static source => JwtSigningKeys.Of(((JwtSettings)source).Secrets));
    }

    private static DateTime Later(DateTime moment, TimeSpan by) => moment > DateTime.MaxValue - by ? DateTime.MaxValue : moment + by;
}
