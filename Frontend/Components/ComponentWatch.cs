using System.Collections.Concurrent;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Streams;
using Microsoft.Extensions.Hosting;

namespace Krewe.Frontend.Components;

/// <summary>
/// What ends components' streams from outside, or keeps them: deadlines and signs of life (specs C-006, C-015), changes of the host that they belong to, and the end of
/// the process.
/// </summary>
internal sealed class ComponentWatch(IHostSettingsSource hosts, TimeProvider time) : BackgroundService
{
    /// <summary>Connections that have not proved who they are; each further one is refused.</summary>
    public const int StrangersMax = 1024;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Each stream, and whether it is still a stranger's.</summary>
    private readonly ConcurrentDictionary<ComponentStream, bool> _streams = new();
    private int _strangers;
    private volatile bool _isDraining;

    public int Count => _streams.Count;

    public void Add(ComponentStream stream)
    {
        _streams[stream] = true;
        var strangers = Interlocked.Increment(ref _strangers);
        if (_isDraining)
        {
            StreamException.Throw(StreamErrorCondition.SystemShutdown);
        }

        if (strangers > StrangersMax)
        {
            StreamException.Throw(StreamErrorCondition.ResourceConstraint);
        }
    }

    /// <summary>The component has proved that it is one.</summary>
    public void Established(ComponentStream stream)
    {
        if (_streams.TryUpdate(stream, false, true))
        {
            Interlocked.Decrement(ref _strangers);
        }
    }

    /// <summary>The connection is closed.</summary>
    public void Remove(ComponentStream stream)
    {
        if (_streams.TryRemove(stream, out var isStranger) && isStranger)
        {
            Interlocked.Decrement(ref _strangers);
        }
    }

    /// <summary>Ends every stream with <c>system-shutdown</c>; done when they are closed or the time is up.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        _isDraining = true;
        foreach (var (stream, _) in _streams)
        {
            stream.End(StreamErrorCondition.SystemShutdown, null);
        }

        while (!_streams.IsEmpty && !cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), time, CancellationToken.None);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        hosts.Changed += OnChanged;
        try
        {
            using var timer = new PeriodicTimer(Interval, time);
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                foreach (var (stream, _) in _streams)
                {
                    stream.Look();
                }
            }
        }
        finally
        {
            hosts.Changed -= OnChanged;
        }
    }

    private void OnChanged(string domain, HostSettings? settings)
    {
        foreach (var (stream, _) in _streams)
        {
            if (stream.OwnerDomain == domain)
            {
                stream.Review();
            }
        }
    }
}
