using System.Collections.Concurrent;
using System.Net;

namespace Krewe.Grains.Outbound;

/// <summary>
/// Resolves the names of hooks. The system's resolver blocks a thread and cannot be called off, and the servers that answer for a tenant's names may be the tenant's own: so each look-up has a
/// thread of its own, of which there are a few for each host, and what was found is kept for a while.
/// </summary>
/// <param name="resolve">The system's, which blocks.</param>
internal sealed class NameLookups(Func<string, IPAddress[]> resolve, TimeProvider time) : IDisposable
{
    /// <summary>Names that one host may have looked up at a time; others wait.</summary>
    public const int OfHostMax = 4;

    /// <summary>Names that all hosts may.</summary>
    private const int LookupsMax = 64;

    /// <summary>Names that are kept; then all are forgotten.</summary>
    private const int KeptMax = 4096;

    /// <summary>Shorter than connections live, so that it adds little to the time until a change of a name is seen.</summary>
    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _slots = new(LookupsMax);
    private readonly ConcurrentDictionary<string, (IPAddress[] Addresses, long At)> _kept = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, Task<IPAddress[]>> _underWay = new(StringComparer.OrdinalIgnoreCase);

    /// <param name="ofHost">The places of the virtual host that asks; null for one without a bound.</param>
    /// <exception cref="System.Net.Sockets.SocketException">There is no such name.</exception>
    public ValueTask<IPAddress[]> FindAsync(string name, SemaphoreSlim? ofHost, CancellationToken cancellationToken) =>
        IPAddress.TryParse(name, out var literal) ? new([literal])
        : _kept.TryGetValue(name, out var known) && time.GetElapsedTime(known.At) < KeptFor ? new(known.Addresses)
        : new(LookUpAsync(name, ofHost, cancellationToken));

    public void Dispose() => _slots.Dispose();

    private async Task<IPAddress[]> LookUpAsync(string name, SemaphoreSlim? ofHost, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_underWay.TryGetValue(name, out var lookup))
            {
                return await lookup.WaitAsync(cancellationToken);
            }

            await (ofHost?.WaitAsync(cancellationToken) ?? Task.CompletedTask);
            if (_underWay.ContainsKey(name))
            {
                // Somebody else was faster, which costs this host no place.
                ofHost?.Release();
                continue;
            }

            // Whoever gives up waiting leaves the look-up to its end, and its places with it.
            return await BeginAsync(name, ofHost).WaitAsync(cancellationToken);
        }
    }

    private Task<IPAddress[]> BeginAsync(string name, SemaphoreSlim? ofHost)
    {
        var found = new TaskCompletionSource<IPAddress[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_underWay.TryAdd(name, found.Task))
        {
            ofHost?.Release();
            return _underWay.GetValueOrDefault(name) ?? BeginAsync(name, null);
        }

        _ = RunAsync(name, ofHost, found);
        return found.Task;
    }

    private async Task RunAsync(string name, SemaphoreSlim? ofHost, TaskCompletionSource<IPAddress[]> found)
    {
        await _slots.WaitAsync();
        var lookup = Task.Factory.StartNew(() => resolve(name), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await ((Task)lookup).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _slots.Release();
        ofHost?.Release();
        if (lookup.IsCompletedSuccessfully)
        {
            if (_kept.Count >= KeptMax)
            {
                _kept.Clear();
            }

            _kept[name] = (lookup.Result, time.GetTimestamp());
        }

        _underWay.TryRemove(name, out _);
        found.SetFromTask(lookup);

        // Those who waited may all have given up.
        _ = found.Task.Exception;
    }
}
