namespace Krewe.Frontend.Streams;

/// <summary>Where a sender stands in the line of what was charged to a share.</summary>
internal readonly record struct SharePlace(double Stanzas, double Bytes);

/// <summary>What one user, host or component may send, over all of its streams in this process. Used from any thread.</summary>
/// <param name="burst">How many seconds' worth may be sent at once after a rest.</param>
internal sealed class RateShare(TimeSpan burst)
{
    private readonly Lock _gate = new();
    private RateBucket _stanzas;
    private RateBucket _bytes;
    private StreamRate _rate;
    private long _paidAt;
    private long? _overSince;

    /// <summary>Charges what came; the place that <see cref="Wait"/> asks for.</summary>
    /// <param name="now">Milliseconds of a monotonic clock.</param>
    public SharePlace Charge(int stanzas, int bytes, in StreamRate rate, long now)
    {
        lock (_gate)
        {
            Pay(rate, now);
            return new(_stanzas.Charge(stanzas), _bytes.Charge(bytes));
        }
    }

    /// <summary>How long whoever has the place must not be read from, by the rate as it is now; in most cases not at all.</summary>
    public TimeSpan Wait(in SharePlace place, in StreamRate rate, long now)
    {
        lock (_gate)
        {
            Pay(rate, now);
            var (stanzas, bytes) = (rate.Stanzas * burst.TotalSeconds, rate.Bytes * burst.TotalSeconds);
            var wait = Math.Max(_stanzas.Wait(place.Stanzas, rate.Stanzas, stanzas), _bytes.Wait(place.Bytes, rate.Bytes, bytes));
            if (wait > 0)
            {
                _overSince ??= now;
            }
            else if (_stanzas.Debt <= stanzas / 2 && _bytes.Debt <= bytes / 2)
            {
                // Half of the burst is free again: somebody has really paused, and not only been paused.
                _overSince = null;
            }

            return TimeSpan.FromSeconds(Math.Min(wait, int.MaxValue));
        }
    }

    /// <summary>Whether more was sent than may be for so long, without a break. Said once: it begins anew for those who are left.</summary>
    public bool TakeOver(TimeSpan forLong, long now)
    {
        lock (_gate)
        {
            if (_overSince is not { } since || now - since < forLong.TotalMilliseconds)
            {
                return false;
            }

            _overSince = null;
            return true;
        }
    }

    /// <summary>Whether everything that was charged is paid off, so that a new share would be the same.</summary>
    public bool IsSettled(long now)
    {
        lock (_gate)
        {
            Pay(_rate, now);
            return _stanzas.Debt <= 0 && _bytes.Debt <= 0;
        }
    }

    private void Pay(in StreamRate rate, long now)
    {
        _rate = rate;
        var seconds = (now - _paidAt) / 1000.0;
        _stanzas.Pay(seconds, rate.Stanzas);
        _bytes.Pay(seconds, rate.Bytes);
        _paidAt = now;
    }
}
