using System.Collections.Concurrent;

namespace Krewe.Frontend.Observability;

/// <summary>Counters by host, for so many hosts; what comes later is counted together.</summary>
internal sealed class HostCounterTable(int hostsMax, string otherName)
{
    private readonly ConcurrentDictionary<string, HostCounters> _hosts = new(StringComparer.Ordinal);
    private readonly HostCounters _others = new(otherName);
    private int _count;

    /// <summary>Those that have counters of their own.</summary>
    public ICollection<string> Hosts => _hosts.Keys;

    /// <summary>Null for a host that has none of its own.</summary>
    public HostCounters? Find(string host) => _hosts.GetValueOrDefault(host);

    public IEnumerable<HostCounters> All => _hosts.Values.Append(_others);

    /// <summary>The same object each time for a host, unless there are too many.</summary>
    public HostCounters Of(string host)
    {
        if (_hosts.TryGetValue(host, out var counters))
        {
            return counters;
        }

        return Interlocked.Increment(ref _count) > hostsMax ? _others : _hosts.GetOrAdd(host, static name => new HostCounters(name));
    }
}
