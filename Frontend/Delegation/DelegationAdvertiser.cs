using System.Collections.Concurrent;
using System.Collections.Immutable;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Entities;
using Krewe.Frontend.Streams;
using Microsoft.Extensions.Logging;

namespace Krewe.Frontend.Delegation;

/// <summary>
/// Tells entities what is delegated to them (XEP-0355 §4.2): each host that does so, in a message of its own, when they connect, when it comes to be loaded, and with each
/// change of its grants or of what the entity may reach. What was not told is not forwarded (specs D-015).
/// </summary>
internal sealed partial class DelegationAdvertiser : IEntityObserver
{
    private readonly ConcurrentDictionary<IEntityStream, Told> _streams = new();
    private readonly IHostSettingsSource _hosts;
    private readonly GrantingHosts _granting;
    private readonly ILogger<DelegationAdvertiser> _log;

    public DelegationAdvertiser(IHostSettingsSource hosts, GrantingHosts granting, ILogger<DelegationAdvertiser> log)
    {
        (_hosts, _granting, _log) = (hosts, granting, log);
        hosts.Changed += OnChanged;
        hosts.Loaded += OnLoaded;
    }

    public ValueTask ConnectedAsync(IEntityStream stream)
    {
        // Known before it is told anything, so that no change is missed in between.
        _streams[stream] = new Told();
        TellAll(stream);
        return default;
    }

    public void Gained(IEntityStream stream) => TellAll(stream);

    public void Disconnected(IEntityStream stream) => _streams.TryRemove(stream, out _);

    /// <summary>
    /// Whether the entity knows that the grant is its; tells it, if this is the first that is heard of the host. Then what is written next comes behind that.
    /// </summary>
    public bool IsLive(IEntityStream stream, HostSettings host, DelegationGrant grant)
    {
        if (!_streams.TryGetValue(stream, out var told))
        {
            return false;
        }

        var known = told.Of(host.Domain);
        if (known is null || !ReferenceEquals(known.Host, host) || !known.IsFor(stream.Owner))
        {
            known = Tell(stream, told, host);
        }

        return known.Grants.Contains(grant);
    }

    /// <summary>What of a host's grants is an entity's now, as far as it may know of them.</summary>
    private static ImmutableArray<DelegationGrant> GrantsFor(HostSettings host, IEntityStream stream, in HostedDomain owner) =>
        DomainScope.MayGrant(host, owner)
            ? [.. host.Delegations.Where(grant => grant.Entity is { } entity && stream.Has(entity) && Knows(stream, grant))]
            : [];

    /// <summary>The first generation has no pseudo-namespaces (specs D-090).</summary>
    public static bool Knows(IEntityStream stream, DelegationGrant grant) =>
        stream.DelegationGeneration != 1 || !DelegableNamespaces.IsPseudo(grant.Namespace);

    private void OnLoaded(HostSettings host) => OnChanged(host.Domain, host);

    private void OnChanged(string domain, HostSettings? host)
    {
        foreach (var (stream, told) in _streams)
        {
            if (host is null)
            {
                Withdraw(stream, told, domain);
            }
            else if (told.Of(domain) is not null || DomainScope.Grants(host, stream.Name))
            {
                Tell(stream, told, host);
            }

            if (stream.OwnerDomain == domain)
            {
                // What the entity may reach may be another now, or how it is spoken to.
                foreach (var other in told.Hosts.Concat(_granting.Of(stream.Name, stream.Owner)).Where(other => other.Domain != domain).DistinctBy(other => other.Domain))
                {
                    Tell(stream, told, _hosts.TryGetLoaded(other.Domain, out var present) ? present : other);
                }
            }
        }
    }

    private void TellAll(IEntityStream stream)
    {
        if (_streams.TryGetValue(stream, out var told))
        {
            foreach (var host in _granting.Of(stream.Name, stream.Owner))
            {
                Tell(stream, told, host);
            }
        }
    }

    /// <summary>Writes what has changed since the last time, if anything has.</summary>
    private Announcement Tell(IEntityStream stream, Told told, HostSettings host)
    {
        lock (told)
        {
            var owner = stream.Owner;
            var known = told.Of(host.Domain);
            if (known is not null && known.Host.Version > host.Version)
            {
                // Somebody holds settings that were replaced meanwhile: what was told is newer.
                return known;
            }

            var now = new Announcement(host, owner, stream.DelegationGeneration, GrantsFor(host, stream, owner));
            if (!now.Says(known))
            {
                Write(stream, now);
                LogChanges(known, now, stream.LogName);
            }

            told.Set(now);
            return now;
        }
    }

    /// <summary>The host is gone.</summary>
    private void Withdraw(IEntityStream stream, Told told, string host)
    {
        lock (told)
        {
            if (told.Of(host) is not { } known)
            {
                return;
            }

            // What is still on its way with the last settings finds that they grant nothing.
            var now = known with { Grants = [] };
            if (!now.Says(known))
            {
                Write(stream, now);
                LogChanges(known, now, stream.LogName);
            }

            told.Set(now);
        }
    }

    private static void Write(IEntityStream stream, Announcement announcement)
    {
        var xml = ReplyBuffer.Rent();
        DelegationWriter.WriteGrants(xml, announcement.Host.Domain, stream.Address, announcement.Generation, announcement.Grants);
        stream.CountSent(Contracts.Stanzas.StanzaKind.Message);
        stream.EnqueueScoped(xml.WrittenSpan);
    }

    private void LogChanges(Announcement? before, Announcement now, string entity)
    {
        foreach (var grant in now.Grants)
        {
            if (before?.Grants.Contains(grant) != true)
            {
                LogLive(now.Host.Domain, grant.Namespace, entity, string.Join(' ', grant.Filtering));
            }
        }

        foreach (var grant in before?.Grants ?? [])
        {
            if (!now.Grants.Contains(grant))
            {
                LogWithdrawn(now.Host.Domain, grant.Namespace, entity, string.Join(' ', grant.Filtering));
            }
        }
    }

    [LoggerMessage(2101, LogLevel.Information, "Granted: {Entity} answers {Namespace} for {Host}, where these attributes are: [{Filtering}]")]
    private partial void LogLive(string host, string @namespace, string entity, string filtering);

    [LoggerMessage(2102, LogLevel.Information, "Withdrawn: {Entity} answers {Namespace} for {Host} no longer, where these attributes are: [{Filtering}]")]
    private partial void LogWithdrawn(string host, string @namespace, string entity, string filtering);

    /// <summary>What an entity was told of one host's grants, and what it followed from.</summary>
    private sealed record Announcement(HostSettings Host, HostedDomain Owner, int Generation, ImmutableArray<DelegationGrant> Grants)
    {
        public bool IsFor(in HostedDomain owner) => ReferenceEquals(Owner.Host, owner.Host) && ReferenceEquals(Owner.Component, owner.Component);

        /// <summary>Whether a message would say the same, and was sent. Of nothing nobody has to be told twice, or at all.</summary>
        public bool Says(Announcement? other) => other is null
            ? Grants.IsEmpty
            : Grants.AsSpan().SequenceEqual(other.Grants.AsSpan()) && (Grants.IsEmpty || Generation == other.Generation);
    }

    /// <summary>By the host's domain. Whoever changes it, and writes what changed, has the lock; readers have none.</summary>
    private sealed class Told
    {
        private volatile ImmutableDictionary<string, Announcement> _announcements = ImmutableDictionary<string, Announcement>.Empty;

        public IEnumerable<HostSettings> Hosts => _announcements.Values.Select(announcement => announcement.Host);

        public Announcement? Of(string host) => _announcements.GetValueOrDefault(host);

        public void Set(Announcement announcement) => _announcements = _announcements.SetItem(announcement.Host.Domain, announcement);
    }
}
