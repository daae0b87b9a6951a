using System.Runtime.InteropServices;
using Krewe.Contracts.Addressing;

namespace Krewe.Frontend.Streams;

/// <summary>
/// The shares of those who have streams in this process: one for each user, component and host. Streams take them as they are bound, and give them back; a share stays until it is
/// paid off, lest a new stream be a way to a new one.
/// </summary>
internal sealed class RateShares(TimeProvider time)
{
    /// <summary>A login's burst or a paste is no flood.</summary>
    private static readonly TimeSpan UserBurst = TimeSpan.FromSeconds(5);

    /// <summary>Of many users at once: for so long, at most, everybody else on the machine may have to wait for a host that was silent.</summary>
    private static readonly TimeSpan HostBurst = TimeSpan.FromSeconds(0.1);

    /// <summary>It may have to catch up with what its users did while it was away.</summary>
    private static readonly TimeSpan ComponentBurst = TimeSpan.FromSeconds(1);

    private readonly Table _users = new(UserBurst, time);
    private readonly Table _components = new(ComponentBurst, time);
    private readonly Table _hosts = new(HostBurst, time);

    /// <summary>How many users, components and hosts have one.</summary>
    public int Count => _users.Count + _components.Count + _hosts.Count;

    public StreamThrottle OfUser(Jid user)
    {
        var bare = user.Bare;
        return new StreamThrottle(_users.Take(bare), _hosts.Take(user.Domainpart), StreamRate.OfUser, time);
    }

    /// <param name="host">The host that it belongs to.</param>
    public StreamThrottle OfComponent(string domain, string host) =>
        new(_components.Take(domain), _hosts.Take(host), StreamRate.OfComponent, time);

    public void GiveBackUser(Jid user)
    {
        _users.GiveBack(user.Bare);
        _hosts.GiveBack(user.Domainpart);
    }

    public void GiveBackComponent(string domain, string host)
    {
        _components.GiveBack(domain);
        _hosts.GiveBack(host);
    }

    private sealed class Table(TimeSpan burst, TimeProvider time)
    {
        /// <summary>How many of those who left are looked at when somebody comes or goes: more than can come.</summary>
        private const int LooksMax = 2;

        private readonly Queue<string> _leaving = new();
        private readonly Dictionary<string, (RateShare Share, int Streams)> _shares = new(StringComparer.Ordinal);

        public int Count
        {
            get
            {
                lock (_shares)
                {
                    return _shares.Count;
                }
            }
        }

        public RateShare Take(string key)
        {
            lock (_shares)
            {
                Forget();
                ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_shares, key, out _);
                entry = (entry.Share ?? new RateShare(burst), entry.Streams + 1);
                return entry.Share;
            }
        }

        public void GiveBack(string key)
        {
            lock (_shares)
            {
                if (--CollectionsMarshal.GetValueRefOrNullRef(_shares, key).Streams == 0)
                {
                    _leaving.Enqueue(key);
                }

                Forget();
            }
        }

        private void Forget()
        {
            for (var looks = Math.Min(LooksMax, _leaving.Count); looks > 0; looks--)
            {
                var key = _leaving.Dequeue();
                if (!_shares.TryGetValue(key, out var left) || left.Streams > 0)
                {
                    // It is back, and leaves again some day.
                    continue;
                }

                if (left.Share.IsSettled(StreamThrottle.Milliseconds(time)))
                {
                    _shares.Remove(key);
                }
                else
                {
                    _leaving.Enqueue(key);
                }
            }
        }
    }
}
