using System.Collections.Concurrent;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Components;
using Krewe.Frontend.Iq;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Delegation.Nesting;

/// <summary>
/// XEP-0355 §7.2: asks each component what it does for the namespaces that hosts have delegated to it, once for each while it is connected, and keeps the answers as long
/// as it is (specs D-081 to D-086). Registered behind whoever tells the component of its grants, so that it is asked after it was told.
/// </summary>
internal sealed class NestedDisco : IComponentObserver
{
    private readonly IHostSettingsSource _hosts;
    private readonly ComponentRequests _requests;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, NestedComponent> _components = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, HostNesting> _nesting = new(StringComparer.Ordinal);

    public NestedDisco(IHostSettingsSource hosts, ComponentRequests requests)
    {
        (_hosts, _requests) = (hosts, requests);
        hosts.Loaded += host => OnChanged(host.Domain, host);
        hosts.Changed += OnChanged;
    }

    /// <summary>What is nested into a host's answers now; the same object as long as nothing changes.</summary>
    public HostNesting Of(string host) => _nesting.TryGetValue(host, out var nesting) ? nesting : HostNesting.None;

    public ValueTask ConnectedAsync(ComponentStream stream)
    {
        var settings = (ExternalComponentSettings)stream.Owner.Component!;
        NestedComponent? component;
        lock (_gate)
        {
            if (!_components.TryGetValue(stream.Domain, out component))
            {
                _components.Add(stream.Domain, component = new(stream.Domain, stream.OwnerDomain));
            }

            // One connection of several was asked. One that comes in another's place may be of another mind.
            var isOneOfSeveral = settings.ConflictResolve == ComponentConflict.Balance && component.Streams.Exists(static other => other.IsOpen);
            component.Streams.Add(stream);
            if (isOneOfSeveral)
            {
                return default;
            }

            component.Begin(settings.DelegationNs);
        }

        PlanAll(component);
        Ask(component);
        return default;
    }

    public void Disconnected(ComponentStream stream)
    {
        lock (_gate)
        {
            if (!_components.TryGetValue(stream.Domain, out var component) || !component.Streams.Remove(stream) || component.Streams.Count > 0)
            {
                return;
            }

            _components.Remove(stream.Domain);

            // Not only those that it knows of: an answer to a question that was asked anew may be of before.
            foreach (var (host, nesting) in _nesting)
            {
                Set(host, nesting.Without(stream.Domain));
            }
        }
    }

    private void OnChanged(string host, HostSettings? settings)
    {
        NestedComponent[] concerned;
        lock (_gate)
        {
            concerned = [.. _components.Values.Where(component =>
                component.OwnerDomain == host || component.Knows(host) || (settings is not null && DomainScope.Grants(settings, component.Domain)))];
        }

        foreach (var component in concerned)
        {
            if (component.OwnerDomain == host && settings?.Components.GetValueOrDefault(component.Domain) is ExternalComponentSettings now)
            {
                ReviewOwner(component, now);
            }

            Plan(component, host, settings);
            Ask(component);
        }
    }

    /// <summary>The component speaks another generation, or may reach other hosts than before.</summary>
    private void ReviewOwner(NestedComponent component, ExternalComponentSettings settings)
    {
        lock (_gate)
        {
            if (component.Generation != settings.DelegationNs)
            {
                component.Begin(settings.DelegationNs);
            }
        }

        PlanAll(component);
    }

    private void PlanAll(NestedComponent component)
    {
        foreach (var host in _hosts.LoadedHosts)
        {
            Plan(component, host.Domain, host);
        }
    }

    private void Plan(NestedComponent component, string host, HostSettings? settings)
    {
        var granted = settings is null ? [] : GrantedTo(settings, component.Domain);
        lock (_gate)
        {
            if (granted.Count == 0 && !component.Knows(host))
            {
                return;
            }

            foreach (var dropped in component.Plan(host, granted))
            {
                Set(host, Of(host).With(new(component.Domain, dropped.Namespace, dropped.IsBare), DiscoInfo.Empty));
            }
        }
    }

    private HashSet<string> GrantedTo(HostSettings host, string component) =>
        host.Enabled && _hosts.TryFindLoaded(component, out var found) && found.Component is ExternalComponentSettings && DomainScope.MayCross(new HostedDomain(host, null), found)
            ? [.. host.Delegations.Where(grant => IsFor(grant, component) && !DelegableNamespaces.IsPseudo(grant.Namespace)).Select(static grant => grant.Namespace)]
            : [];

    public static bool IsFor(DelegationGrant grant, string component) => grant.Entity is { IsDomain: true } entity && entity.Bare == component;

    private void Ask(NestedComponent component)
    {
        while (true)
        {
            (NestingQuestion Question, ComponentStream Stream)? next;
            lock (_gate)
            {
                next = component.TryTake();
            }

            if (next is not { } asked)
            {
                return;
            }

            Ask(component, asked.Question, asked.Stream);
        }
    }

    private void Ask(NestedComponent component, NestingQuestion question, ComponentStream stream)
    {
        var node = $"urn:xmpp:delegation:{component.Generation}:{(question.IsBare ? "bare:" : ":")}{question.Namespace}";
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
            answer => Answered(component, question, node, answer));
    }

    private void Answered(NestedComponent component, NestingQuestion question, string node, ComponentAnswer answer)
    {
        // Whatever it is but a proper result, there is nothing to nest (specs D-086).
        var info = answer.Outcome == ComponentAnswerOutcome.Result ? NestedInfoReader.Read(answer.Xml.Span, node) : DiscoInfo.Empty;
        lock (_gate)
        {
            if (component.End(question, answer.Outcome == ComponentAnswerOutcome.Lost) && component.Streams.Count > 0)
            {
                Set(question.Host, Of(question.Host).With(new(component.Domain, question.Namespace, question.IsBare), info));
            }
        }

        if (answer.Outcome is not (ComponentAnswerOutcome.Lost or ComponentAnswerOutcome.Busy))
        {
            Ask(component);
        }
        else
        {
            // Apart, because this may be said at once, and again for each question.
            ThreadPool.UnsafeQueueUserWorkItem(static state => state.Disco.Ask(state.Component), (Disco: this, Component: component), preferLocal: false);
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
