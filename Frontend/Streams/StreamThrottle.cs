using Krewe.Contracts.Hosts;

namespace Krewe.Frontend.Streams;

/// <summary>
/// Charges what one stream sends to its user's share, or its component's, and to its host's. Whoever is over a share is not refused but read from more slowly, so that TCP tells the peer;
/// only a user who stays over for long is ended. Used by the stream's read loop.
/// </summary>
internal sealed class StreamThrottle(RateShare own, RateShare ofHost, Func<HostLimits, StreamRate> ownRate, TimeProvider time)
{
    /// <summary>To be over one's share without a break for so long is no paste, no history being uploaded, but a client that does not hear.</summary>
    public static readonly TimeSpan OverMax = TimeSpan.FromMinutes(5);

    /// <summary>
    /// What a read counts at least. One that brings a single byte costs as much as one that brings a stanza, and a share of bytes alone would allow a hundred thousand of them.
    /// </summary>
    public const int ReadBytesMin = 32;

    /// <summary>Answers below this are no larger than what asks for them.</summary>
    public const int AnswerBytesMin = 1024;

    /// <summary>
    /// Contacts that presence goes to for what one stanza counts. Most of them are away, and cost a look-up each.
    /// </summary>
    public const int ContactsPerStanza = 20;

    /// <summary>
    /// Less is not worth a pause: to wait for each stanza by itself costs many times what the stanza does. So over a share a stream is read a few stanzas at a time.
    /// </summary>
    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(100);

    /// <summary>Limits may be raised, and the stream ended, while it waits.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private SharePlace _own;
    private SharePlace _ofHost;

    /// <summary>Charges what came; the result is how long to pause before the next, in most cases not at all.</summary>
    public TimeSpan Charge(int stanzas, int bytes, HostLimits limits)
    {
        if (limits is { StanzasPerSecond: 0, BytesPerSecond: 0 })
        {
            return TimeSpan.Zero;
        }

        var now = Now;
        _own = own.Charge(stanzas, bytes, ownRate(limits), now);
        _ofHost = ofHost.Charge(stanzas, bytes, StreamRate.OfHost(limits), now);
        return Wait(limits, now) is var wait && wait >= PauseMin ? wait : TimeSpan.Zero;
    }

    /// <summary>Charges what a stanza causes beyond itself: the next one waits for it.</summary>
    public void ChargeAside(int stanzas, int bytes, HostLimits limits)
    {
        if (limits is not { StanzasPerSecond: 0, BytesPerSecond: 0 })
        {
            var now = Now;
            own.Charge(stanzas, bytes, ownRate(limits), now);
            ofHost.Charge(stanzas, bytes, StreamRate.OfHost(limits), now);
        }
    }

    /// <summary>What is to be charged for a read beside the stanzas that it brought: white space, and the read itself.</summary>
    /// <param name="read">Bytes that were taken from the transport and not seen before.</param>
    /// <param name="ofStanzas">Bytes of the stanzas that were handled.</param>
    public static int Aside(long taken, long read, long ofStanzas) =>
        (int)Math.Min(int.MaxValue, Math.Max(taken - ofStanzas, read < ReadBytesMin ? ReadBytesMin - ofStanzas : 0));

    /// <summary>Done when what was charged last may have been sent.</summary>
    /// <param name="limits">The limits as they are when it is asked.</param>
    /// <param name="goesOn">False when the stream was ended; asked now and then.</param>
    public async Task PauseAsync(Func<HostLimits> limits, Func<bool> goesOn)
    {
        while (goesOn() && Wait(limits(), Now) is var wait && wait > TimeSpan.Zero)
        {
            await Task.Delay(wait < LookEvery ? wait : LookEvery, time);
        }
    }

    /// <summary>Whether the share has been exceeded for too long. True for one of those who have it in common: whoever asks first, which is who sends most.</summary>
    public bool IsOverTooLong() => own.TakeOver(OverMax, Now);

    /// <summary>The clock of shares.</summary>
    public static long Milliseconds(TimeProvider time) => (long)time.GetElapsedTime(0).TotalMilliseconds;

    private long Now => Milliseconds(time);

    private TimeSpan Wait(HostLimits limits, long now)
    {
        var wait = own.Wait(_own, ownRate(limits), now);
        var hostWait = ofHost.Wait(_ofHost, StreamRate.OfHost(limits), now);
        return wait > hostWait ? wait : hostWait;
    }
}
