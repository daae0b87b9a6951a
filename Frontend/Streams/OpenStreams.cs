using System.Collections;
using System.Collections.Concurrent;
using System.Net;

namespace Krewe.Frontend.Streams;

/// <summary>One connection's stream, as whoever counts it needs it.</summary>
internal interface IOpenStream
{
    /// <summary>Where it comes from; null where that is not known, or is a proxy's.</summary>
    IPAddress? Stranger { get; }

    /// <summary>Ends it with a stream error (RFC 6120 §4.9).</summary>
    void End(StreamErrorCondition condition, string? text);
}

/// <summary>
/// The streams of one kind that are open, and how many of them are strangers': whoever has not proved who he is can make us hold so many connections, and no more. Used from any thread.
/// </summary>
/// <param name="strangersMax">How many strangers there may be; each further one is refused.</param>
/// <param name="fromOneMax">How many of them may come from one address, lest one keep out all others.</param>
internal sealed class OpenStreams<TStream>(int strangersMax, int fromOneMax, TimeProvider time) : IEnumerable<TStream>
    where TStream : class, IOpenStream
{
    /// <summary>Each stream, and whether it is still a stranger's.</summary>
    private readonly ConcurrentDictionary<TStream, bool> _streams = new();
    private readonly Dictionary<IPAddress, int> _strangersFrom = [];
    private int _strangers;
    private volatile bool _isDraining;

    public int Count => _streams.Count;

    /// <exception cref="StreamException">It is not let in. It is counted all the same, until it is removed.</exception>
    public void Add(TStream stream)
    {
        _streams[stream] = true;
        var (strangers, fromOne) = CountStranger(stream, 1);
        if (_isDraining)
        {
            StreamException.Throw(StreamErrorCondition.SystemShutdown);
        }

        if (strangers > strangersMax || fromOne > fromOneMax)
        {
            StreamException.Throw(StreamErrorCondition.ResourceConstraint);
        }
    }

    /// <summary>It is known whose it is: it no longer counts among the strangers.</summary>
    public void Know(TStream stream)
    {
        if (_streams.TryUpdate(stream, false, true))
        {
            CountStranger(stream, -1);
        }
    }

    /// <summary>The stream is over. True when it was a stranger's to the end: then <see cref="Release"/>, once its connection is closed.</summary>
    public bool Remove(TStream stream) => _streams.TryRemove(stream, out var isStranger) && isStranger;

    public void Release(TStream stranger) => CountStranger(stranger, -1);

    /// <summary>Ends every stream with <c>system-shutdown</c>; done when they are over or the time is up. From now on nobody is let in.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        _isDraining = true;
        foreach (var stream in this)
        {
            stream.End(StreamErrorCondition.SystemShutdown, null);
        }

        while (!_streams.IsEmpty && !cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), time, CancellationToken.None);
        }
    }

    public IEnumerator<TStream> GetEnumerator() => _streams.Select(static entry => entry.Key).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private (int Strangers, int FromOne) CountStranger(TStream stream, int change)
    {
        lock (_strangersFrom)
        {
            _strangers += change;
            if (stream.Stranger is not { } address)
            {
                return (_strangers, 0);
            }

            var fromOne = _strangersFrom.GetValueOrDefault(address) + change;
            if (fromOne > 0)
            {
                _strangersFrom[address] = fromOne;
            }
            else
            {
                _strangersFrom.Remove(address);
            }

            return (_strangers, fromOne);
        }
    }
}
