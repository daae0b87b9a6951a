namespace Krewe.Frontend.Streams;

/// <summary>
/// A stream's share: token buckets of stanzas and bytes. A client that is over its share is not refused but read from more slowly, so TCP tells it.
/// </summary>
internal struct StreamThrottle
{
    /// <summary>How many seconds' share may be used at once: a login's burst or a paste is no flood.</summary>
    private const int BurstSeconds = 5;

    private long _stanzasDueAt;
    private long _bytesDueAt;

    /// <summary>Charges one stanza; the result is how long to pause before the next, in most cases not at all.</summary>
    /// <param name="bytes">The stanza's size.</param>
    /// <param name="stanzasPerSecond">0 for no limit.</param>
    /// <param name="bytesPerSecond">0 for no limit.</param>
    /// <param name="now">Milliseconds of a monotonic clock.</param>
    public TimeSpan Charge(int bytes, int stanzasPerSecond, int bytesPerSecond, long now)
    {
        // Microseconds at which what was charged so far would be paid off at the allowed rate.
        var micros = now * 1000;
        var pause = Charge(ref _stanzasDueAt, 1, stanzasPerSecond, micros);
        return TimeSpan.FromMicroseconds(Math.Max(pause, Charge(ref _bytesDueAt, bytes, bytesPerSecond, micros)));
    }

    private static long Charge(ref long dueAt, int amount, int perSecond, long now)
    {
        if (perSecond <= 0)
        {
            return 0;
        }

        dueAt = Math.Max(dueAt, now) + amount * 1_000_000L / perSecond;
        return Math.Max(0, dueAt - now - BurstSeconds * 1_000_000L);
    }
}
