using Krewe.Frontend.Xml;
using Microsoft.Extensions.Hosting;

namespace Krewe.Frontend.Streams;

/// <summary>
/// One clock for all streams' deadlines: time to authenticate, silence, and the end of the process. One sweep instead of a timer for each stream.
/// </summary>
internal sealed class StreamWatch(TimeProvider time) : BackgroundService
{
    /// <summary>Until a resource is bound. Long enough for somebody who types a password, short enough for thousands of half-open connections.</summary>
    public static readonly TimeSpan BindWithin = TimeSpan.FromSeconds(60);

    /// <summary>Silence after which a stream is asked whether it lives (RFC 6120 §4.6.4 advises no check within five minutes).</summary>
    public static readonly TimeSpan PingAfter = TimeSpan.FromMinutes(5);

    /// <summary>Silence after which it is taken for dead.</summary>
    public static readonly TimeSpan DeadAfter = PingAfter + TimeSpan.FromMinutes(1);

    /// <summary>Connections without a session; each further one is refused. Bounds what strangers can make us hold.</summary>
    public const int UnboundMax = 8192;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly OpenStreams<C2SStream> _streams = new(UnboundMax, UnboundMax, time);

    public int Count => _streams.Count;

    public void Add(C2SStream stream) => _streams.Add(stream);

    /// <summary>The stream has a session: it no longer counts among the strangers.</summary>
    public void Bound(C2SStream stream) => _streams.Know(stream);

    /// <summary>The stream is over. True when it never had a session: then <see cref="ReleaseUnbound"/> once its connection is closed.</summary>
    public bool Remove(C2SStream stream) => _streams.Remove(stream);

    public void ReleaseUnbound(C2SStream stream) => _streams.Release(stream);

    public IEnumerable<C2SStream> OfHost(string domain) => _streams.Where(stream => stream.Domain == domain);

    /// <summary>Ends every stream with <c>system-shutdown</c>; done when they are closed or the time is up.</summary>
    public Task DrainAsync(CancellationToken cancellationToken) => _streams.DrainAsync(cancellationToken);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            Sweep();
        }
    }

    private void Sweep()
    {
        var now = Environment.TickCount64;
        foreach (var stream in _streams)
        {
            if (stream.State != StreamState.Bound)
            {
                if (now - stream.OpenedAt > BindWithin.TotalMilliseconds)
                {
                    stream.End(StreamErrorCondition.PolicyViolation, "not authenticated in time");
                }
            }
            else if (now - stream.LastInbound > DeadAfter.TotalMilliseconds)
            {
                stream.End(StreamErrorCondition.ConnectionTimeout, null);
            }
            else if (now - stream.LastInbound > PingAfter.TotalMilliseconds)
            {
                stream.AskWhetherAlive();
            }
        }
    }
}
