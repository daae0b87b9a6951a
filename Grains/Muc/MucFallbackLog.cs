using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Muc;

/// <summary>
/// The security event that people were let into rooms without anybody's word, because <c>muc_http_auth_on_error</c> is <c>allow</c>: at once, then at most once a
/// minute for each room service with their number. Who they were is for Debug.
/// </summary>
internal sealed partial class MucFallbackLog(TimeProvider time, ILogger<MucFallbackLog> logger)
{
    /// <summary>Beyond this many services with an outage the numbers begin anew.</summary>
    private const int ServicesMax = 10_000;

    private static readonly TimeSpan AtMostEvery = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (long Told, int Untold)> _services = new(StringComparer.Ordinal);

    public void Admitted(string service, string room, string user)
    {
        LogWho(room, user);
        if (Due(service) is var count and > 0)
        {
            LogAdmitted(service, count);
        }
    }

    /// <summary>How many are to be told of now.</summary>
    private int Due(string service)
    {
        var now = time.GetTimestamp();
        lock (_gate)
        {
            if (_services.TryGetValue(service, out var known) && time.GetElapsedTime(known.Told, now) < AtMostEvery)
            {
                _services[service] = known with { Untold = known.Untold + 1 };
                return 0;
            }

            if (_services.Count >= ServicesMax)
            {
                _services.Clear();
            }

            _services[service] = (now, 0);
            return known.Untold + 1;
        }
    }

    [LoggerMessage(2201, LogLevel.Warning, "Security: the service that decides about joins at {Service} gave no answer, and {Count} were admitted without one")]
    private partial void LogAdmitted(string service, int count);

    [LoggerMessage(2202, LogLevel.Debug, "Admitted without an answer: {User} to {Room}")]
    private partial void LogWho(string room, string user);
}
