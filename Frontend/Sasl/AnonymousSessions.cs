using System.Net;
using Krewe.Contracts.Hosts;

namespace Krewe.Frontend.Sasl;

/// <summary>
/// How many anonymous users there are (RFC 4505 §3: whoever lets them in has to bound what they can take): of a host, and from one address, whose new ones come at a pace besides.
/// Counted in this process.
/// </summary>
internal sealed class AnonymousSessions(TimeProvider time)
{
    private const int AddressesMax = 65_536;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _hosts = new(StringComparer.Ordinal);
    private readonly Dictionary<(string, IPAddress), int> _open = [];
    private readonly FailureTable<(string, IPAddress)> _begun = new(time, TimeSpan.FromSeconds(1), int.MaxValue, AddressesMax);

    /// <summary>A place for one more, to be given back at its end; null when there is none.</summary>
    public IDisposable? TryEnter(HostSettings host, LoginOrigin origin)
    {
        // Behind a proxy that tells nobody's address there is only the host's own limit.
        (string, IPAddress)? address = origin is { IsShared: false, Block: { } block } ? (host.Domain, block) : null;
        var (sessionsMax, addressMax) = (host.Limits.AnonymousSessions, host.Limits.AnonymousSessionsPerAddress);
        lock (_gate)
        {
            var sessions = _hosts.GetValueOrDefault(host.Domain);
            if (sessionsMax > 0 && sessions >= sessionsMax)
            {
                return null;
            }

            if (address is { } key)
            {
                var open = _open.GetValueOrDefault(key);
                if (addressMax > 0 && (open >= addressMax || _begun.FailuresOf(key) > addressMax - 1))
                {
                    return null;
                }

                _begun.Add(key);
                _open[key] = open + 1;
            }

            _hosts[host.Domain] = sessions + 1;
        }

        return new Place(this, host.Domain, address);
    }

    public bool HasAny(string host)
    {
        lock (_gate)
        {
            return _hosts.ContainsKey(host);
        }
    }

    private void Leave(string host, (string, IPAddress)? address)
    {
        lock (_gate)
        {
            CountDown(_hosts, host);
            if (address is { } key)
            {
                CountDown(_open, key);
            }
        }
    }

    private static void CountDown<TKey>(Dictionary<TKey, int> counts, TKey key)
        where TKey : notnull
    {
        if (--counts[key] == 0)
        {
            counts.Remove(key);
        }
    }

    private sealed class Place(AnonymousSessions sessions, string host, (string, IPAddress)? address) : IDisposable
    {
        private int _isLeft;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isLeft, 1) == 0)
            {
                sessions.Leave(host, address);
            }
        }
    }
}
