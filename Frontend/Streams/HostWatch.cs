using Krewe.Contracts.Hosts;
using Krewe.Frontend.Sasl;
using Microsoft.Extensions.Hosting;

namespace Krewe.Frontend.Streams;

/// <summary>
/// Ends the streams, bound or not, of hosts that were removed or disabled (contract §3, <c>enabled</c>), and those of anonymous users where there are to be none any more:
/// what is kept for users from then on would be kept for them.
/// </summary>
internal sealed class HostWatch(IHostSettingsSource hosts, StreamWatch streams, SaslServices sasl) : IHostedService
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
        else if (!settings.Authentication.Contains(HostAuthentication.Anonymous) && sasl.Anonymous.HasAny(domain))
        {
            foreach (var stream in streams.OfHost(domain).Where(static stream => stream.IsAnonymous))
            {
                stream.End(StreamErrorCondition.PolicyViolation, "no anonymous users any more");
            }
        }
    }
}
