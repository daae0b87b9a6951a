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

    /// <summary>Those of them that may come from one address.</summary>
    public const int StrangersFromOneMax = 256;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly OpenStreams<ComponentStream> _streams = new(StrangersMax, StrangersFromOneMax, time);

    public int Count => _streams.Count;

    public void Add(ComponentStream stream) => _streams.Add(stream);

    /// <summary>The component has proved that it is one.</summary>
    public void Established(ComponentStream stream) => _streams.Know(stream);

    /// <summary>The connection is closed.</summary>
    public void Remove(ComponentStream stream)
    {
        if (_streams.Remove(stream))
        {
            _streams.Release(stream);
        }
    }

    /// <summary>Ends every stream with <c>system-shutdown</c>; done when they are closed or the time is up.</summary>
    public Task DrainAsync(CancellationToken cancellationToken) => _streams.DrainAsync(cancellationToken);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        hosts.Changed += OnChanged;
        try
        {
            using var timer = new PeriodicTimer(Interval, time);
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                foreach (var stream in _streams)
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
        foreach (var stream in _streams)
        {
            if (stream.OwnerDomain == domain)
            {
                stream.Review();
            }
        }
    }
}
