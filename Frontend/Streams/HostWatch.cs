using Krewe.Contracts.Hosts;
using Microsoft.Extensions.Hosting;

namespace Krewe.Frontend.Streams;

/// <summary>Ends the streams, bound or not, of hosts that were removed or disabled (contract §3, <c>enabled</c>).</summary>
internal sealed class HostWatch(IHostSettingsSource hosts, StreamWatch streams) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        hosts.Changed += OnChanged;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        hosts.Changed -= OnChanged;
        return Task.CompletedTask;
    }

    private void OnChanged(string domain, HostSettings? settings)
    {
        if (settings is not { Enabled: true })
        {
            foreach (var stream in streams.OfHost(domain))
            {
                stream.End(StreamErrorCondition.HostGone, null);
            }
        }
    }
}
