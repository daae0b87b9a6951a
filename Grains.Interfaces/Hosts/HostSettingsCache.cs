using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Krewe.Contracts.Addressing;

namespace Krewe.Contracts.Hosts;

/// <summary>
/// One process's snapshots of the hosts' settings. Readers of loaded hosts take no lock; loading and changing do. The first need of a host loads it, once
/// for all who wait; a domain that is no host is remembered for <see cref="AbsentFor"/>.
/// </summary>
/// <remarks>
/// A document that is applied while an older answer of the grain is still under way must win over it, and a host that was removed must not be brought
/// back by such an answer. So loads are entries too, and take note of what is applied in the meantime.
/// </remarks>
public sealed class HostSettingsCache(IGrainFactory grains, TimeProvider time) : IHostSettingsSource, IDisposable
{
    /// <summary>A flood of made-up domains costs this many entries.</summary>
    public const int AbsentMax = 10_000;

    /// <summary>How many loads run at a time; the others wait.</summary>
    private const int LoadsMax = 256;

    /// <summary>How long a domain that is no host is not asked for again.</summary>
    public static readonly TimeSpan AbsentFor = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, HostSettings> _loaded = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Load> _loads = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Absence> _absent = new(StringComparer.Ordinal);
    private readonly Queue<Absence> _absences = new();
    private readonly Lock _gate = new();
    private readonly ConcurrentQueue<(string Domain, HostSettings? Settings)> _changes = new();
    private readonly Lock _raising = new();
    private readonly SemaphoreSlim _slots = new(LoadsMax);

    public event Action<string, HostSettings?>? Changed;

    /// <summary>How many domains are known to be no hosts.</summary>
    public int AbsentCount
    {
        get
        {
            lock (_gate)
            {
                return _absent.Count;
            }
        }
    }

    public bool TryGetLoaded(string domain, [NotNullWhen(true)] out HostSettings? settings) => _loaded.TryGetValue(domain, out settings);

    public ValueTask<HostSettings?> GetAsync(string domain)
    {
        if (_loaded.TryGetValue(domain, out var settings))
        {
            return new ValueTask<HostSettings?>(settings);
        }

        Load? load;
        lock (_gate)
        {
            if (_loaded.TryGetValue(domain, out settings))
            {
                return new ValueTask<HostSettings?>(settings);
            }

            if (_absent.TryGetValue(domain, out var absence) && time.GetElapsedTime(absence.Since) < AbsentFor)
            {
                return new ValueTask<HostSettings?>((HostSettings?)null);
            }

            if (_loads.TryGetValue(domain, out load))
            {
                return new ValueTask<HostSettings?>(load.Outcome.Task);
            }

            load = new Load();
            _loads.Add(domain, load);
        }

        // Off the caller's context: who waits first, perhaps in a grain's turn, must not hold up the others.
        _ = Task.Run(() => LoadAsync(domain, load));
        return new ValueTask<HostSettings?>(load.Outcome.Task);
    }

    public async ValueTask<HostedDomain?> FindAsync(string domain) => await GetAsync(domain) is { } host ? new HostedDomain(host, null) : null;

    public void Apply(HostDocument document)
    {
        var settings = Read(document);
        lock (_gate)
        {
            if (_loads.TryGetValue(document.Domain, out var load) && document.Version > (load.Applied?.Version ?? 0))
            {
                load.Applied = document;
            }

            Take(document, settings, isNeeded: false);
        }

        RaiseChanges();
    }

    public void Dispose() => _slots.Dispose();

    private static HostSettings? Read(HostDocument document)
    {
        if (document.Json is null)
        {
            return null;
        }

        var reading = HostDocumentReader.Read(document.Domain, document.Version, document.Json);
        return reading.Settings ?? throw new InvalidDataException(
            $"The stored document of a host is not one of this version: {string.Join("; ", reading.Problems.Select(problem => $"{problem.Path} {problem.Message}"))}");
    }

    private async Task LoadAsync(string domain, Load load)
    {
        var asking = AskAsync(domain, load);
        await ((Task)asking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
        {
            _loads.Remove(domain);
        }

        // A failure is handed to everybody who waits; the next need tries again.
        load.Outcome.SetFromTask(asking);
        RaiseChanges();
    }

    private async Task<HostSettings?> AskAsync(string domain, Load load)
    {
        await _slots.WaitAsync();
        try
        {
            var document = await grains.Host(domain).GetAsync();
            lock (_gate)
            {
                var latest = load.Applied is { } applied && applied.Version > document.Version ? applied : document;
                return Take(latest, Read(latest), isNeeded: true);
            }
        }
        finally
        {
            _slots.Release();
        }
    }

    /// <summary>Makes a document the present one, unless a later one is known; what is present then. Under the lock.</summary>
    /// <param name="isNeeded">Whether somebody asked for it. What nobody has asked for is not kept: it is loaded when it is needed.</param>
    private HostSettings? Take(HostDocument document, HostSettings? settings, bool isNeeded)
    {
        var domain = document.Domain;
        if (_loaded.TryGetValue(domain, out var present))
        {
            if (document.Version <= present.Version)
            {
                return present;
            }

            _changes.Enqueue((domain, settings));
        }

        if (settings is not null && (isNeeded || present is not null))
        {
            _loaded[domain] = settings;
            _absent.Remove(domain);
        }
        else if (settings is not null)
        {
            _absent.Remove(domain);
        }
        else
        {
            _loaded.TryRemove(domain, out _);
            RememberAbsent(domain);
        }

        return settings;
    }

    private void RememberAbsent(string domain)
    {
        // Entries all live equally long, so the oldest in the queue is the first to go; those that were replaced are only in the queue.
        while (_absences.TryPeek(out var oldest) && (_absences.Count >= AbsentMax || time.GetElapsedTime(oldest.Since) >= AbsentFor))
        {
            _absences.Dequeue();
            if (_absent.TryGetValue(oldest.Domain, out var known) && ReferenceEquals(known, oldest))
            {
                _absent.Remove(oldest.Domain);
            }
        }

        var absence = new Absence(domain, time.GetTimestamp());
        _absent[domain] = absence;
        _absences.Enqueue(absence);
    }

    /// <summary>Outside the lock of the tables, and one at a time, so that what handlers see of one host is in order.</summary>
    private void RaiseChanges()
    {
        lock (_raising)
        {
            while (_changes.TryDequeue(out var change))
            {
                Changed?.Invoke(change.Domain, change.Settings);
            }
        }
    }

    private sealed class Load
    {
        public TaskCompletionSource<HostSettings?> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public HostDocument? Applied { get; set; }
    }

    private sealed record Absence(string Domain, long Since);
}
