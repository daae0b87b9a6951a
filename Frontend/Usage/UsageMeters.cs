using System.Collections.Concurrent;
using Krewe.Frontend.Observability;

namespace Krewe.Frontend.Usage;

/// <summary>What of each host's counters is reported already.</summary>
internal sealed class UsageMeters(FrontendInstruments instruments)
{
    private readonly ConcurrentDictionary<string, UsageMeter> _meters = new(StringComparer.Ordinal);

    public UsageMeter Of(string host) => _meters.GetOrAdd(host, static (name, all) => new UsageMeter(name, all), instruments);

    /// <summary>What was counted so far is nobody's any more.</summary>
    public void Drop(string host)
    {
        if (instruments.FindHost(host) is not null || instruments.FindComponent(host) is not null)
        {
            Of(host).Take("", 0);
        }
    }

    /// <summary>Hosts of which there is something to report.</summary>
    public IEnumerable<string> Due(string day) => instruments.CountedHosts.Where(host => Of(host).IsDue(day));
}
