using System.Collections.Concurrent;
using Krewe.Contracts.Hosts;

namespace Krewe.Frontend.Delegation;

/// <summary>What became of the requests that one grant is for, since this process began.</summary>
internal sealed class DelegationCounts(string host)
{
    private long _forwarded, _answered, _timedOut, _malformed, _refused;
    private int _pending;

    public string Host => host;

    /// <summary>Sent to the delegate.</summary>
    public long Forwarded => Volatile.Read(ref _forwarded);

    /// <summary>Answered with what the delegate said: a result, or an error of its own.</summary>
    public long Answered => Volatile.Read(ref _answered);

    public long TimedOut => Volatile.Read(ref _timedOut);

    /// <summary>Replies that were none (specs D-045).</summary>
    public long Malformed => Volatile.Read(ref _malformed);

    /// <summary>Requests that got an error for any other reason: there was no delegate, or it went, or it refused; or there was no room.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Waiting for an answer now.</summary>
    public int Pending => Volatile.Read(ref _pending);

    public void NoteForwarded() => Interlocked.Increment(ref _forwarded);

    public void NoteAnswered() => Interlocked.Increment(ref _answered);

    public void NoteTimedOut() => Interlocked.Increment(ref _timedOut);

    public void NoteMalformed() => Interlocked.Increment(ref _malformed);

    public void NoteRefused() => Interlocked.Increment(ref _refused);

    public void NotePending(int change) => Interlocked.Add(ref _pending, change);
}

/// <summary>The counts by grant: they outlast a change of the settings that leaves the grant's namespace and attributes.</summary>
internal sealed class DelegationCountTable
{
    /// <summary>Grants that are told apart; what comes later is counted together, for each host by itself: nobody is told of another's.</summary>
    public const int GrantsMax = 20_000;

    private readonly ConcurrentDictionary<(string Host, string Namespace, string Filtering), DelegationCounts> _counts = new();
    private readonly ConcurrentDictionary<string, DelegationCounts> _others = new(StringComparer.Ordinal);
    private int _count;

    public IEnumerable<DelegationCounts> All => _counts.Values.Concat(_others.Values);

    public DelegationCounts Of(string host, DelegationGrant grant)
    {
        // Names have no spaces.
        var key = (host, grant.Namespace, string.Join(' ', grant.Filtering));
        if (_counts.TryGetValue(key, out var counts))
        {
            return counts;
        }

        return Volatile.Read(ref _count) >= GrantsMax || Interlocked.Increment(ref _count) > GrantsMax
            ? _others.GetOrAdd(host, static host => new DelegationCounts(host))
            : _counts.GetOrAdd(key, static key => new DelegationCounts(key.Host));
    }
}
