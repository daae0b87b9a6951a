using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Krewe.Contracts.Addressing;

namespace Krewe.Contracts.Hosts;

/// <summary>
/// One process's snapshots of the hosts' settings and of whose component a domain is. Readers of loaded domains take no lock; loading and changing do. The first
/// need of a domain loads it, once for all who wait; a domain that is nothing here is remembered for <see cref="AbsentFor"/>.
/// </summary>
/// <remarks>
/// A document that is applied while an older answer of the grain is still under way must win over it, and a host that was removed must not be brought
/// back by such an answer. So loads are entries too, and take note of what is applied in the meantime.
/// </remarks>
public sealed class HostSettingsCache(IGrainFactory grains, TimeProvider time) : IHostSettingsSource, IDisposable
{
    /// <summary>A flood of made-up domains costs this many entries.</summary>
    public const int AbsentMax = AbsentDomains.Max;

    /// <summary>How many loads ask a grain at a time; the others wait.</summary>
    private const int LoadsMax = 256;

    /// <summary>How long a domain that is nothing here is not asked for again.</summary>
    public static readonly TimeSpan AbsentFor = AbsentDomains.For;

    /// <summary>How many hosts are read again under the lock at a time, when the defaults change.</summary>
    private const int HostsAtOnce = 64;

    private readonly HostedDomains _domains = new();

    /// <summary>What the loaded hosts are read from, without a step to any grain when the defaults change.</summary>
    private readonly Dictionary<string, LoadedDocument> _documents = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Load> _loads = new(StringComparer.Ordinal);
    private readonly AbsentDomains _absent = new(time);
    private readonly Lock _gate = new();
    private readonly ConcurrentQueue<(string Domain, HostSettings? Settings, bool IsLoad)> _changes = new();
    private readonly Lock _raising = new();
    private readonly SemaphoreSlim _slots = new(LoadsMax);

    /// <summary>Null until the first load, which asks for them before it asks for any host.</summary>
    private HostDefaults? _defaults;

    public event Action<string, HostSettings?>? Changed;

    public event Action<HostSettings>? Loaded;

    public IEnumerable<HostSettings> LoadedHosts => _domains.Hosts;

    /// <summary>How many domains are known to be nothing here.</summary>
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

    public bool TryFindLoaded(string domain, out HostedDomain found) => _domains.TryFind(domain, out found);

    public bool TryGetLoaded(string domain, [NotNullWhen(true)] out HostSettings? settings)
    {
        settings = _domains.TryFind(domain, out var found) && found.Component is null ? found.Host : null;
        return settings is not null;
    }

    public ValueTask<HostedDomain?> FindAsync(string domain) =>
        _domains.TryFind(domain, out var found) ? new(found)
        : Begin(domain, out var known) is { } load ? new(load.Outcome.Task)
        : new(known);

    public ValueTask<HostSettings?> GetAsync(string domain)
    {
        var finding = FindAsync(domain);
        return finding.IsCompletedSuccessfully ? new(HostOf(finding.Result)) : new(WaitAsync(finding));

        static async Task<HostSettings?> WaitAsync(ValueTask<HostedDomain?> finding) => HostOf(await finding);
        static HostSettings? HostOf(HostedDomain? found) => found is { Component: null } host ? host.Host : null;
    }

    public void Apply(HostDefaultsDocument defaults)
    {
        var read = new HostDefaults(defaults);
        string[] loaded;
        lock (_gate)
        {
            if (_defaults is { } known && known.Version >= read.Version)
            {
                return;
            }

            _defaults = read;
            loaded = [.. _documents.Keys];
        }

        // Whoever is loaded meanwhile is read with the new defaults already.
        foreach (var domains in loaded.Chunk(HostsAtOnce))
        {
            lock (_gate)
            {
                foreach (var domain in domains)
                {
                    ReadAgain(domain);
                }
            }

            RaiseChanges();
        }
    }

    public void Apply(HostDocument document)
    {
        lock (_gate)
        {
            var settings = Read(document);
            if (_loads.TryGetValue(document.Domain, out var load) && document.Version > (load.Applied?.Version ?? 0))
            {
                load.Applied = document;
            }

            Take(document, settings, isNeeded: false);
        }

        RaiseChanges();
    }

    public void Dispose() => _slots.Dispose();

    private HostSettings? Read(HostDocument document)
    {
        if (document.Json is null)
        {
            return null;
        }

        var reading = HostDocumentReader.Read(document.Domain, document.Version, document.Json, _defaults);
        var settings = reading.Settings ?? Disabled(document, reading.Problems);
        if (document.IsErasing || document.ErasedAt is not null)
        {
            settings = settings with { Enabled = settings.Enabled && !document.IsErasing, IsErasing = document.IsErasing, ErasedAt = document.ErasedAt };
        }

        return document.LeftOut.IsEmpty ? settings : settings with { Components = settings.Components.RemoveRange(document.LeftOut) };
    }

    /// <summary>A document that another version has written, and that is none by the rules of this one, must not be half in force: the host is there, and closed.</summary>
    private static HostSettings Disabled(HostDocument document, ImmutableArray<DocumentProblem> problems) =>
        HostSettings.Default(document.Domain) with { Version = document.Version, Enabled = false, Fault = DocumentProblem.Describe(problems) };

    /// <summary>The load to wait for; null when it is known what the domain is: <paramref name="known"/>.</summary>
    private Load? Begin(string domain, out HostedDomain? known)
    {
        Load? load;
        lock (_gate)
        {
            known = _domains.TryFind(domain, out var found) ? found : null;
            if (known is not null || _absent.Has(domain))
            {
                return null;
            }

            if (_loads.TryGetValue(domain, out load))
            {
                return load;
            }

            load = new Load();
            _loads.Add(domain, load);
        }

        // Off the caller's context: who waits first, perhaps in a grain's turn, must not hold up the others.
        _ = Task.Run(() => LoadAsync(domain, load));
        return load;
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
        if (asking.Exception is { } failure && load.Host.TrySetException(failure.InnerExceptions))
        {
            // Seen here, because often nobody waits for this half.
            _ = load.Host.Task.Exception;
        }

        load.Outcome.SetFromTask(asking);
        RaiseChanges();
    }

    private async Task<HostedDomain?> AskAsync(string domain, Load load)
    {
        if (Volatile.Read(ref _defaults) is null)
        {
            Apply(await InTurnAsync(() => grains.HostDefaults().GetAsync()));
        }

        var document = await InTurnAsync(() => grains.Host(domain).GetAsync());
        if (TakeHost(domain, load, document) is { } host)
        {
            return host;
        }

        // Whoever waits for a host waits no longer: so a load waits for the first half of another one's, and never in a circle.
        load.Host.TrySetResult();
        while (true)
        {
            var owner = await InTurnAsync(() => grains.Domain(domain).OwnerAsync());
            if (owner is not null)
            {
                await HostAsync(owner);
            }

            if (TryEnd(domain, load, document, owner, out var found))
            {
                return found;
            }
        }
    }

    private async Task<T> InTurnAsync<T>(Func<Task<T>> ask)
    {
        await _slots.WaitAsync();
        try
        {
            return await ask();
        }
        finally
        {
            _slots.Release();
        }
    }

    /// <summary>Loads a host, without asking whose component it might be.</summary>
    private Task HostAsync(string domain) => _domains.TryFind(domain, out _) ? Task.CompletedTask : Begin(domain, out _)?.Host.Task ?? Task.CompletedTask;

    private HostedDomain? TakeHost(string domain, Load load, HostDocument document)
    {
        lock (_gate)
        {
            var latest = load.Applied is { } applied && applied.Version > document.Version ? applied : document;
            if (Read(latest) is not { } settings)
            {
                return null;
            }

            settings = Take(latest, settings, isNeeded: true)!;
            load.Host.TrySetResult();
            return new HostedDomain(settings, null);
        }
    }

    /// <summary>Ends a load of what is no host, unless it must ask again because a component of this domain was applied in the meantime.</summary>
    private bool TryEnd(string domain, Load load, HostDocument document, string? owner, out HostedDomain? found)
    {
        found = TakeHost(domain, load, document);
        lock (_gate)
        {
            if (found is null && (_domains.TryFind(domain, out var known) || (owner is not null && _domains.TryAddComponent(domain, owner, out known))))
            {
                found = known;
                _absent.Forget(domain);
            }

            if (found is null && load.IsClaimed)
            {
                load.IsClaimed = false;
                return false;
            }

            if (found is null)
            {
                _absent.Remember(domain);
            }

            return true;
        }
    }

    /// <summary>Makes a document the present one, unless a later one is known; what is present then. Under the lock.</summary>
    /// <param name="isNeeded">Whether somebody asked for it. What nobody has asked for is not kept: it is loaded when it is needed.</param>
    private HostSettings? Take(HostDocument document, HostSettings? settings, bool isNeeded)
    {
        var domain = document.Domain;
        var present = _domains.Host(domain);
        if (present is not null)
        {
            if (document.Version <= present.Version)
            {
                return present;
            }

            _changes.Enqueue((domain, settings, IsLoad: false));
        }

        foreach (var component in settings?.Components.Keys ?? [])
        {
            _absent.Forget(component);
            if (_loads.TryGetValue(component, out var load))
            {
                load.IsClaimed = true;
            }
        }

        if (settings is not null)
        {
            _absent.Forget(domain);
            _domains.Set(settings, isKept: isNeeded || present is not null);
            if (isNeeded || present is not null)
            {
                _documents[domain] = LoadedDocument.Of(document);
            }

            if (isNeeded && present is null)
            {
                _changes.Enqueue((domain, settings, IsLoad: true));
            }
        }
        else
        {
            _domains.Remove(domain);
            _documents.Remove(domain);
            if (!_domains.TryFind(domain, out _))
            {
                _absent.Remember(domain);
            }
        }

        return settings;
    }

    /// <summary>Reads a loaded host with the present defaults. Under the lock.</summary>
    private void ReadAgain(string domain)
    {
        if (_documents.TryGetValue(domain, out var document) && _domains.Host(domain) is { } present
            && Read(document.ToDocument(domain, present.Version)) is { } settings)
        {
            _domains.Set(settings, isKept: true);
            _changes.Enqueue((domain, settings, IsLoad: false));
        }
    }

    public void WaitUntilTold() => RaiseChanges();

    /// <summary>Outside the lock of the tables, and one at a time, so that what handlers see of one host is in order.</summary>
    private void RaiseChanges()
    {
        lock (_raising)
        {
            while (_changes.TryDequeue(out var change))
            {
                if (change.IsLoad)
                {
                    Loaded?.Invoke(change.Settings!);
                }
                else
                {
                    Changed?.Invoke(change.Domain, change.Settings);
                }
            }
        }
    }

    /// <summary>What a loaded host is read from, kept small.</summary>
    private sealed record LoadedDocument(byte[] Json, ImmutableArray<string> LeftOut, bool IsErasing, DateTimeOffset? ErasedAt)
    {
        public static LoadedDocument Of(HostDocument document) => new(Encoding.UTF8.GetBytes(document.Json!), document.LeftOut, document.IsErasing, document.ErasedAt);

        public HostDocument ToDocument(string domain, long version) =>
            new(domain, version, Encoding.UTF8.GetString(Json), HostSource.Api) { LeftOut = LeftOut, IsErasing = IsErasing, ErasedAt = ErasedAt };
    }

    private sealed class Load
    {
        /// <summary>The host of that domain is loaded, or there is none; before it is known whether the domain is a component's.</summary>
        public TaskCompletionSource Host { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource<HostedDomain?> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public HostDocument? Applied { get; set; }

        /// <summary>A document that names the domain as a component was applied since its owner was asked for.</summary>
        public bool IsClaimed { get; set; }
    }
}
