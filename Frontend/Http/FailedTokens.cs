using System.Net;
using Krewe.Frontend.Listeners;

namespace Krewe.Frontend.Http;

/// <summary>
/// How many bearer tokens that are no good have come from a place in the network of late: so many in a minute, and tokens that are not known to be good are not looked at for
/// the rest of it (RFC 6585 §4).
/// </summary>
internal sealed class FailedTokens(TimeProvider time)
{
    /// <summary>In one minute, from one place.</summary>
    public const int FailuresMax = 300;

    /// <summary>Places that are counted; further ones are not, until the minute is over.</summary>
    public const int PlacesMax = 8192;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, int> _counts = [];
    private long _began = time.GetTimestamp();

    /// <summary>How long tokens from there are not looked at; null when they are.</summary>
    public TimeSpan? BlockedFor(IPAddress address)
    {
        lock (_gate)
        {
            return Elapsed() is var elapsed && _counts.GetValueOrDefault(Subnet.Of(address)) >= FailuresMax ? Window - elapsed : null;
        }
    }

    public void Note(IPAddress address)
    {
        address = Subnet.Of(address);
        lock (_gate)
        {
            Elapsed();
            var count = _counts.GetValueOrDefault(address);
            if (count > 0 || _counts.Count < PlacesMax)
            {
                _counts[address] = count + 1;
            }
        }
    }

    /// <summary>How much of the minute has passed; a new one begins with no failures.</summary>
    private TimeSpan Elapsed()
    {
        var elapsed = time.GetElapsedTime(_began);
        if (elapsed < Window)
        {
            return elapsed;
        }

        _counts.Clear();
        _began = time.GetTimestamp();
        return TimeSpan.Zero;
    }
}
