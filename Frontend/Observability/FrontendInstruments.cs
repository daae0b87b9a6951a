using System.Diagnostics.Metrics;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Delegation;
using Krewe.Frontend.Muc;

namespace Krewe.Frontend.Observability;

/// <summary>By which of the two ways a stanza reached its recipient's streams.</summary>
internal enum RoutePath : byte
{
    Local = 0,
    Grain = 1,
}

/// <summary>
/// What the frontend measures, in meter <c>Krewe.Frontend</c>: every name and tag is here. Tag values come from closed lists (hosts that exist, our mechanisms,
/// the RFCs' conditions), never from what a client wrote.
/// </summary>
internal sealed class FrontendInstruments
{
    /// <summary>The outcome of a login that led to a stream.</summary>
    public const string Success = "success";

    public const string MeterName = "Krewe.Frontend";

    // Hosts with streams in this process; what comes later is counted together.
    private const int HostsMax = 50_000;
    private const string Other = "other";

    private static readonly string[] KindNames = ["message", "presence", "iq"];
    private static readonly string[] PathNames = ["local", "grain"];

    // In RouteOutcome's order, and one more for a route that threw or timed out.
    private static readonly string[] OutcomeNames = ["delivered", "store-offline", "service-unavailable", "ignored", "failed"];

    private readonly HostCounterTable _clients = new(HostsMax, Other);
    private readonly HostCounterTable _components = new(HostsMax, Other);
    private readonly StripedCounters _routes = new(PathNames.Length * OutcomeNames.Length);
    private readonly UpDownCounter<long> _streams;
    private readonly UpDownCounter<long> _componentStreams;
    private readonly Counter<long> _handshakes;
    private readonly Counter<long> _streamsClosed;
    private readonly Counter<long> _streamErrors;
    private readonly Counter<long> _stanzaErrors;
    private readonly Counter<long> _problems;
    private readonly Counter<long> _logins;
    private readonly Counter<long> _refresh;
    private readonly Counter<long> _revocations;
    private readonly Histogram<long> _queueLength;
    private readonly Counter<long> _queueOverflow;

    public FrontendInstruments(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _streams = meter.CreateUpDownCounter<long>("krewe.streams", description: "Bound streams");
        _streamsClosed = meter.CreateCounter<long>("krewe.streams.closed", description: "Streams that ended, by reason");
        _streamErrors = meter.CreateCounter<long>("krewe.stream.errors", description: "Stream errors sent (RFC 6120 section 4.9.3)");
        _stanzaErrors = meter.CreateCounter<long>("krewe.stanza.errors", description: "Stanza errors answered to clients (RFC 6120 section 8.3.3)");
        _problems = meter.CreateCounter<long>("krewe.api.problems", description: "Requests that the HTTP API refused, by status");
        _logins = meter.CreateCounter<long>("krewe.logins", description: "SASL exchanges that ended");
        _refresh = meter.CreateCounter<long>("krewe.refresh", description: "Rosters asked to be refreshed, by result");
        _revocations = meter.CreateCounter<long>("krewe.muc.revocations", description: "Join decisions taken back, by what came of it");
        _queueLength = meter.CreateHistogram<long>("krewe.queue.length", description: "Stanzas in an outbound queue when it is flushed");
        _queueOverflow = meter.CreateCounter<long>("krewe.queue.overflow", description: "Streams that ended because their reader was too slow");
        _componentStreams = meter.CreateUpDownCounter<long>("krewe.component.streams", description: "Connections of external components");
        _handshakes = meter.CreateCounter<long>("krewe.component.handshakes", description: "Handshakes of external components, by outcome");
        meter.CreateObservableCounter("krewe.stanzas.received", () => Stanzas(_clients, static (host, kind) => host.Received(kind)), description: "Stanzas from clients");
        meter.CreateObservableCounter("krewe.stanzas.sent", () => Stanzas(_clients, static (host, kind) => host.Sent(kind)), description: "Stanzas to clients");
        meter.CreateObservableCounter(
            "krewe.component.stanzas.received", () => Stanzas(_components, static (host, kind) => host.Received(kind)), description: "Stanzas from external components");
        meter.CreateObservableCounter(
            "krewe.component.stanzas.sent", () => Stanzas(_components, static (host, kind) => host.Sent(kind)), description: "Stanzas to external components");
        meter.CreateObservableCounter("krewe.stream.pauses", Pauses, description: "Times that a stream was not read from for a while, as its sender or its host was over its share");
        meter.CreateObservableCounter("krewe.delegation.requests", DelegatedRequests, description: "Requests of delegated namespaces, by what became of them");
        meter.CreateObservableUpDownCounter("krewe.delegation.pending", PendingRequests, description: "Requests that wait for a delegate's answer");
        meter.CreateObservableCounter("krewe.route", Routes, description: "Stanzas routed to users, by path and outcome");
    }

    /// <summary>What became of requests of delegated namespaces, for each grant.</summary>
    public DelegationCountTable Delegations { get; } = new();

    /// <summary>The counters of a host that exists; the same object each time, unless there are too many.</summary>
    public HostCounters Host(string domain) => _clients.Of(domain);

    /// <summary>The same for the components of a host.</summary>
    public HostCounters Component(string host) => _components.Of(host);

    /// <summary>Null for a host of which nothing was counted.</summary>
    public HostCounters? FindHost(string domain) => _clients.Find(domain);

    /// <summary>The same for the components of a host.</summary>
    public HostCounters? FindComponent(string host) => _components.Find(host);

    /// <summary>Every host of which something was counted in this process.</summary>
    public IEnumerable<string> CountedHosts => _clients.Hosts.Union(_components.Hosts, StringComparer.Ordinal);

    public void ComponentOpened(string host) => _componentStreams.Add(1, KeyValuePair.Create(TagSet.HostKey, (object?)host));

    public void ComponentClosed(string host) => _componentStreams.Add(-1, KeyValuePair.Create(TagSet.HostKey, (object?)host));

    /// <param name="outcome"><c>success</c>, <c>not-authorized</c>, <c>conflict</c>, or <c>refused</c> for an address with too many failures.</param>
    public void Handshake(string outcome) => _handshakes.Add(1, KeyValuePair.Create("outcome", (object?)outcome));

    public void StreamOpened(string host, string transport) => CountStreams(1, host, transport);

    public void StreamClosed(string host, string transport) => CountStreams(-1, host, transport);

    /// <summary>For every stream, bound or not.</summary>
    public void StreamEnded(string reason) => _streamsClosed.Add(1, KeyValuePair.Create("reason", (object?)reason));

    public void StreamError(string condition) => _streamErrors.Add(1, KeyValuePair.Create("condition", (object?)condition));

    /// <param name="condition">One of RFC 6120 §8.3.3.</param>
    public void Refused(string condition) => _stanzaErrors.Add(1, KeyValuePair.Create("condition", (object?)condition));

    /// <summary>A request that was answered with a problem.</summary>
    public void Problem(int status) => _problems.Add(1, KeyValuePair.Create("status", (object?)status));

    /// <param name="host">The host.</param>
    /// <param name="mechanism">One of ours, <c>other</c>, or <c>none</c> where it did not come to one.</param>
    /// <param name="outcome"><see cref="Success"/>, SASL's failure condition (RFC 6120 §6.5), or <c>refused</c> for an address with too many failures.</param>
    public void Login(string host, string mechanism, string outcome)
    {
        _logins.Add(
            1,
            KeyValuePair.Create("outcome", (object?)outcome),
            KeyValuePair.Create("mechanism", (object?)mechanism),
            KeyValuePair.Create(TagSet.HostKey, (object?)host));
        if (outcome == Success)
        {
            Host(host).LoggedIn();
        }
    }

    public void Refreshed(string result, long users = 1) => _refresh.Add(users, KeyValuePair.Create("result", (object?)result));

    public void Revoked(MucRevocationCounts counts)
    {
        Count("forgotten", counts.Forgotten);
        Count("asked", counts.Asked);
        Count("removed", counts.Removed);
        Count("failed", counts.Failed);

        void Count(string result, int users)
        {
            if (users > 0)
            {
                _revocations.Add(users, KeyValuePair.Create("result", (object?)result));
            }
        }
    }

    public void QueueFlushed(int stanzas) => _queueLength.Record(stanzas);

    public void QueueOverflowed() => _queueOverflow.Add(1);

    public void Routed(RoutePath path, RouteOutcome outcome) => _routes.Add(((int)path * OutcomeNames.Length) + (int)outcome);

    public void RouteFailed(RoutePath path) => _routes.Add(((int)path * OutcomeNames.Length) + OutcomeNames.Length - 1);

    private void CountStreams(int change, string host, string transport) =>
        _streams.Add(change, KeyValuePair.Create(TagSet.HostKey, (object?)host), KeyValuePair.Create("transport", (object?)transport));

    private static IEnumerable<Measurement<long>> Stanzas(HostCounterTable hosts, Func<HostCounters, StanzaKind, long> read)
    {
        foreach (var host in hosts.All)
        {
            for (var kind = 0; kind < KindNames.Length; kind++)
            {
                if (read(host, (StanzaKind)kind) is var count and > 0)
                {
                    yield return new(count, KeyValuePair.Create("kind", (object?)KindNames[kind]), KeyValuePair.Create(TagSet.HostKey, (object?)host.Host));
                }
            }
        }
    }

    private IEnumerable<Measurement<long>> Pauses() =>
        from counters in _clients.All.Concat(_components.All)
        group counters.PausesSoFar by counters.Host into pauses
        let count = pauses.Sum()
        where count > 0
        select new Measurement<long>(count, KeyValuePair.Create(TagSet.HostKey, (object?)pauses.Key));

    private IEnumerable<Measurement<long>> DelegatedRequests()
    {
        (string Outcome, Func<DelegationCounts, long> Read)[] outcomes =
        [
            ("forwarded", static counts => counts.Forwarded), ("answered", static counts => counts.Answered), ("timed-out", static counts => counts.TimedOut),
            ("malformed", static counts => counts.Malformed), ("refused", static counts => counts.Refused),
        ];
        return
            from grants in Delegations.All.GroupBy(counts => counts.Host, StringComparer.Ordinal)
            from outcome in outcomes
            let count = grants.Sum(outcome.Read)
            where count > 0
            select new Measurement<long>(count, KeyValuePair.Create("outcome", (object?)outcome.Outcome), KeyValuePair.Create(TagSet.HostKey, (object?)grants.Key));
    }

    private IEnumerable<Measurement<int>> PendingRequests() =>
        from grants in Delegations.All.GroupBy(counts => counts.Host, StringComparer.Ordinal)
        select new Measurement<int>(grants.Sum(static counts => counts.Pending), KeyValuePair.Create(TagSet.HostKey, (object?)grants.Key));

    private IEnumerable<Measurement<long>> Routes()
    {
        for (var path = 0; path < PathNames.Length; path++)
        {
            for (var outcome = 0; outcome < OutcomeNames.Length; outcome++)
            {
                if (_routes.Read((path * OutcomeNames.Length) + outcome) is var count and > 0)
                {
                    yield return new(count, KeyValuePair.Create("path", (object?)PathNames[path]), KeyValuePair.Create("outcome", (object?)OutcomeNames[outcome]));
                }
            }
        }
    }
}
