using System.Collections.Concurrent;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Entities;
using Krewe.Frontend.Iq;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Delegation.Nesting;

/// <summary>
/// XEP-0355 §7.2: asks each entity what it does for the namespaces that hosts have delegated to it, once for each while it is connected, and keeps the answers as long
/// as it is (specs D-081 to D-086). Registered behind whoever tells the entity of its grants, so that it is asked after it was told.
/// </summary>
internal sealed class NestedDisco : IEntityObserver
{
    private readonly IHostSettingsSource _hosts;
    private readonly GrantingHosts _granting;
    private readonly EntityRequests _requests;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, NestedEntity> _entities = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, HostNesting> _nesting = new(StringComparer.Ordinal);

    /// <param name="granting">Made before this, so that it knows of a change first.</param>
    public NestedDisco(IHostSettingsSource hosts, GrantingHosts granting, EntityRequests requests)
    {
        (_hosts, _granting, _requests) = (hosts, granting, requests);
        hosts.Loaded += host => OnChanged(host.Domain, host);
        hosts.Changed += OnChanged;
    }

    /// <summary>What is nested into a host's answers now; the same object as long as nothing changes.</summary>
    public HostNesting Of(string host) => _nesting.TryGetValue(host, out var nesting) ? nesting : HostNesting.None;

    public ValueTask ConnectedAsync(IEntityStream stream)
    {
        NestedEntity? entity;
        lock (_gate)
        {
            if (!_entities.TryGetValue(stream.Address, out entity))
            {
                _entities.Add(stream.Address, entity = new(stream.Address, stream.Name, stream.OwnerDomain));
            }

            // One connection of several was asked. One that comes in another's place may be of another mind.
            var isOneOfSeveral = stream.Owner.Component is ExternalComponentSettings { ConflictResolve: ComponentConflict.Balance }
                && entity.Streams.Exists(static other => other.IsOpen);
            entity.Streams.Add(stream);
            if (isOneOfSeveral)
            {
                return default;
            }

            entity.Begin(stream.DelegationGeneration);
        }

        PlanAll(entity);
        Ask(entity);
        return default;
    }

    public void Gained(IEntityStream stream)
    {
        NestedEntity? entity;
        lock (_gate)
        {
            _entities.TryGetValue(stream.Address, out entity);
        }

        if (entity is not null)
        {
            PlanAll(entity);
            Ask(entity);
        }
    }

    public void Disconnected(IEntityStream stream)
    {
        lock (_gate)
        {
            if (!_entities.TryGetValue(stream.Address, out var entity) || !entity.Streams.Remove(stream) || entity.Streams.Count > 0)
            {
                return;
            }

            _entities.Remove(stream.Address);

            // Not only those that it knows of: an answer to a question that was asked anew may be of before.
            foreach (var (host, nesting) in _nesting)
            {
                Set(host, nesting.Without(stream.Address));
            }
        }
    }

    private void OnChanged(string host, HostSettings? settings)
    {
        NestedEntity[] concerned;
        lock (_gate)
        {
            concerned = [.. _entities.Values.Where(entity =>
                entity.OwnerDomain == host || entity.Knows(host) || (settings is not null && DomainScope.Grants(settings, entity.Name)))];
        }

        foreach (var entity in concerned)
        {
            if (entity.OwnerDomain == host)
            {
                ReviewOwner(entity);
            }

            Plan(entity, host, settings);
            Ask(entity);
        }
    }

    /// <summary>The entity speaks another generation, or may reach other hosts than before.</summary>
    private void ReviewOwner(NestedEntity entity)
    {
        lock (_gate)
        {
            if (entity.Streams is [var stream, ..] && entity.Generation != stream.DelegationGeneration)
            {
                entity.Begin(stream.DelegationGeneration);
            }
        }

        PlanAll(entity);
    }

    /// <summary>For all hosts that grant it something, or did.</summary>
    private void PlanAll(NestedEntity entity)
    {
        string[] known;
        lock (_gate)
        {
            known = [.. entity.Hosts];
        }

        foreach (var host in _granting.Of(entity.Name, entity.OwnerDomain).Select(static host => host.Domain).Union(known, StringComparer.Ordinal).ToArray())
        {
            Plan(entity, host, _hosts.TryGetLoaded(host, out var settings) ? settings : null);
        }
    }

    private void Plan(NestedEntity entity, string host, HostSettings? settings)
    {
        lock (_gate)
        {
            var granted = settings is not null && entity.Streams is [var stream, ..] ? GrantedTo(settings, stream) : [];
            if (granted.Count == 0 && !entity.Knows(host))
            {
                return;
            }

            foreach (var dropped in entity.Plan(host, granted))
            {
                Set(host, Of(host).With(new(entity.Address, dropped.Namespace, dropped.IsBare), DiscoInfo.Empty));
            }
        }
    }

    private static HashSet<string> GrantedTo(HostSettings host, IEntityStream stream) =>
        DomainScope.MayGrant(host, stream.Owner)
            ? [.. host.Delegations.Where(grant => grant.Entity is { } entity && stream.Has(entity) && !DelegableNamespaces.IsPseudo(grant.Namespace)).Select(static grant => grant.Namespace)]
            : [];

    /// <summary>Whether a grant is, or may be, that of whoever is asked at this address.</summary>
    public static bool IsFor(DelegationGrant grant, string address) => grant.Entity is { } entity
        && (entity.IsDomain || !entity.IsBare ? entity.ToString() == address
            : address.Length > entity.Bare.Length && address[entity.Bare.Length] == '/' && address.StartsWith(entity.Bare, StringComparison.Ordinal));

    private void Ask(NestedEntity entity)
    {
        while (true)
        {
            (NestingQuestion Question, IEntityStream Stream)? next;
            lock (_gate)
            {
                next = entity.TryTake();
            }

            if (next is not { } asked)
            {
                return;
            }

            Ask(entity, asked.Question, asked.Stream);
        }
    }

    private void Ask(NestedEntity entity, NestingQuestion question, IEntityStream stream)
    {
        var node = $"urn:xmpp:delegation:{entity.Generation}:{(question.IsBare ? "bare:" : ":")}{question.Namespace}";
        _requests.Ask(
            stream,
            question.Host,
            StanzaType.Get,
            (ref XmppWriter xml) =>
            {
                xml.Raw("<query xmlns='http://jabber.org/protocol/disco#info'"u8);
                xml.Attribute("node"u8, node);
                xml.Raw("/>"u8);
            },
            answer => Answered(entity, question, node, answer));
    }

    private void Answered(NestedEntity entity, NestingQuestion question, string node, EntityAnswer answer)
    {
        // Whatever it is but a proper result, there is nothing to nest (specs D-086).
        var info = answer.Outcome == EntityAnswerOutcome.Result ? NestedInfoReader.Read(answer.Xml.Span, node) : DiscoInfo.Empty;
        lock (_gate)
        {
            if (entity.End(question, answer.Outcome == EntityAnswerOutcome.Lost) && entity.Streams.Count > 0)
            {
                Set(question.Host, Of(question.Host).With(new(entity.Address, question.Namespace, question.IsBare), info));
            }
        }

        if (answer.Outcome is not (EntityAnswerOutcome.Lost or EntityAnswerOutcome.Busy))
        {
            Ask(entity);
        }
        else
        {
            // Apart, because this may be said at once, and again for each question.
            ThreadPool.UnsafeQueueUserWorkItem(static state => state.Disco.Ask(state.Entity), (Disco: this, Entity: entity), preferLocal: false);
        }
    }

    private void Set(string host, HostNesting nesting)
    {
        if (nesting == HostNesting.None)
        {
            _nesting.TryRemove(host, out _);
        }
        else
        {
            _nesting[host] = nesting;
        }
    }
}
