using System.Collections.Concurrent;
using System.Net;

namespace Krewe.Frontend.Http;

/// <summary>
/// Tells the sign-in of an administrator from his further requests, as tokens know no sessions: a token's use from an address from which this process has not seen it for
/// <see cref="Quiet"/>.
/// </summary>
internal sealed class SignIns(TimeProvider time)
{
    public static readonly TimeSpan Quiet = TimeSpan.FromHours(1);

    /// <summary>Callers and addresses that are remembered; when there are more, all count as new once more.</summary>
    public const int CallersMax = 16_384;

    private readonly ConcurrentDictionary<(string? Host, string? Tenant, string? KeyId, IPAddress? From), DateTimeOffset> _seen = new();

    public bool IsSignIn(ApiCaller caller, IPAddress? from)
    {
        var (now, key) = (time.GetUtcNow(), (caller.Host, caller.Tenant, caller.KeyId, from));
        var isKnown = _seen.TryGetValue(key, out var last) && now - last < Quiet;
        if (!isKnown && _seen.Count >= CallersMax)
        {
            MakeRoom(now);
        }

        _seen[key] = now;
        return !isKnown;
    }

    private void MakeRoom(DateTimeOffset now)
    {
        foreach (var (key, last) in _seen)
        {
            if (now - last >= Quiet)
            {
                _seen.TryRemove(key, out _);
            }
        }

        if (_seen.Count >= CallersMax)
        {
            _seen.Clear();
        }
    }
}
