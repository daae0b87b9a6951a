using System.Collections.Concurrent;
using System.Collections.Immutable;
using Krewe.Contracts.Addressing;

namespace Krewe.Contracts.Usage;

/// <summary>
/// Gives what one part of a process counted to the hosts' grains. A batch whose call failed may have been taken all the same: it is given again as it was, before anything
/// newer, and its number tells. What was counted since the last call is lost when the process dies.
/// </summary>
/// <param name="source">The process's part; a new name after each start.</param>
public sealed class UsageReporter(string source, IGrainFactory grains)
{
    private readonly ConcurrentDictionary<string, UsageBatch> _unanswered = new(StringComparer.Ordinal);
    private long _lastNumber;

    /// <summary>Hosts with a batch that has to be given again.</summary>
    public IEnumerable<string> Unanswered => _unanswered.Keys;

    /// <summary>Gives what was counted. One call at a time for each host.</summary>
    /// <param name="take">What was counted since it was last asked; asked only when nothing older waits. Null for nothing.</param>
    /// <exception cref="TimeoutException">Or another, when the grain cannot be reached or cannot store it: the next call tries again.</exception>
    public async Task ReportAsync(string host, Func<(ImmutableArray<UsageAmount> Amounts, long SessionsPeak)?> take)
    {
        if (_unanswered.TryGetValue(host, out var before))
        {
            await GiveAsync(host, before);
        }

        if (take() is var (amounts, peak))
        {
            var batch = new UsageBatch(source, Interlocked.Increment(ref _lastNumber), amounts, peak);
            _unanswered[host] = batch;
            await GiveAsync(host, batch);
        }
    }

    /// <summary>Drops what waits for a host that is gone.</summary>
    public void Forget(string host) => _unanswered.TryRemove(host, out _);

    private async Task GiveAsync(string host, UsageBatch batch)
    {
        await grains.Usage(host).AddAsync(batch);
        _unanswered.TryRemove(KeyValuePair.Create(host, batch));
    }
}
