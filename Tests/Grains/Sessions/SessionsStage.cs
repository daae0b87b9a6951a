using System.Text;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Rosters;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;

namespace Krewe.Tests.Grains.Sessions;

/// <summary>A test's own domain, its users' sessions on one frontend of the test's making, and what was delivered to them.</summary>
internal sealed class SessionsStage
{
    private static int s_domains;

    private readonly IGrainFactory _grains;
    private readonly Dictionary<string, long> _sessions = new(StringComparer.Ordinal);
    private long _lastSession;

    public SessionsStage(SessionsSilo silo)
    {
        _grains = silo.Grains;
        Domain = $"s{Interlocked.Increment(ref s_domains)}.example";
        Frontend = NewFrontend(Sink);
    }

    public string Domain { get; }

    public RecordingSink Sink { get; } = new();

    public FrontendRef Frontend { get; }

    /// <summary>A further frontend, whose sink the test keeps.</summary>
    public FrontendRef NewFrontend(IFrontendSink sink) => new($"frontend-{Guid.NewGuid():N}", _grains.CreateObjectReference<IFrontendSink>(sink));

    /// <param name="address"><c>romeo</c> or <c>romeo/orchard</c>.</param>
    public Jid Jid(string address) => address.Split('/', 2) is [var localpart, var resource]
        ? Contracts.Addressing.Jid.Parse($"{localpart}@{Domain}/{resource}")
        : Contracts.Addressing.Jid.Parse($"{address}@{Domain}");

    public IUserSessionsGrain Of(string address) => _grains.Sessions(Jid(address));

    public long Session(string address) => _sessions[address];

    public async Task<BindResult> BindAsync(
        string address, BindConflict conflict = BindConflict.Override, int sessionsMax = 0, FrontendRef? frontend = null, RecordingSink? sink = null)
    {
        var session = Interlocked.Increment(ref _lastSession);
        (sink ?? Sink).Name(session, address);
        var bound = await Of(address).BindAsync(new BindRequest(
            frontend ?? Frontend, session, Jid(address).Resourcepart, sessionsMax, conflict, "tcp", "192.0.2.1"));
        if (bound.Jid is not null)
        {
            _sessions[address] = session;
        }

        return bound;
    }

    public Task UnbindAsync(string address, FrontendRef? frontend = null) => Of(address).UnbindAsync(Session(address), (frontend ?? Frontend).Name);

    public Task InterestedAsync(string address) => Of(address).InterestedAsync(Session(address), Frontend.Name);

    public Task<string?> AvailableAsync(string address, RosterSnapshot? roster = null, sbyte priority = 0, string? id = null, FrontendRef? frontend = null) =>
        Of(address).PresenceAsync(new PresenceUpdate(
            Session(address), (frontend ?? Frontend).Name, Frame(StanzaKind.Presence, StanzaType.Available, address, null, id), priority, roster));

    public Task UnavailableAsync(string address) => Of(address).PresenceAsync(new PresenceUpdate(
        Session(address), Frontend.Name, Frame(StanzaKind.Presence, StanzaType.Unavailable, address, null), 0, null));

    public Task DirectAsync(string address, string to, StanzaType type = StanzaType.Available) =>
        Of(address).DirectedPresenceAsync(Session(address), Frontend.Name, Frame(StanzaKind.Presence, type, address, to));

    public Task<RouteOutcome> RouteAsync(StanzaKind kind, StanzaType type, string from, string to, string id = "1") =>
        Of(to).RouteAsync(Frame(kind, type, from, to, id));

    /// <summary>Binds, becomes interested and available with a roster of these items.</summary>
    public async Task OnlineAsync(string address, RosterSnapshot roster, sbyte priority = 0)
    {
        await BindAsync(address);
        await InterestedAsync(address);
        await AvailableAsync(address, roster, priority);
    }

    /// <param name="number">That of the version, in one epoch for all.</param>
    public RosterSnapshot Roster(int number, params (string Contact, SubscriptionState Subscription)[] items) =>
        new($"e.{number}", [.. items.Select(item => Item(item.Contact, item.Subscription)).OrderBy(item => item.Jid)]);

    public RosterItem Item(string contact, SubscriptionState subscription) => new(Jid(contact), null, subscription, false, false, []);

    /// <summary>What leads from one roster of a contact or none to another: one change, one version.</summary>
    public RosterChangeSet Change(int from, string contact, SubscriptionState? before, SubscriptionState? after) => new(
        $"e.{from}",
        [new RosterChange($"e.{from + 1}", before is { } had ? Item(contact, had) : null, after is { } has ? Item(contact, has) : null)],
        after is { } now ? Roster(from + 1, (contact, now)) : Roster(from + 1));

    public Task<RosterApplied> ApplyAsync(string user, RosterChangeSet changes, bool isResync = false) => Of(user).RosterChangedAsync(changes, isResync);

    /// <summary>What came for a resource since the last call for anybody; see <see cref="RecordingSink"/>.</summary>
    public string[] For(string address, IReadOnlyList<string> log) =>
        [.. log.Where(line => line.StartsWith(address + ": ", StringComparison.Ordinal)).Select(line => line[(address.Length + 2)..])];

    public StanzaFrame Frame(StanzaKind kind, StanzaType type, string from, string? to, string? id = null)
    {
        var xml = $"<{kind.ToString().ToLowerInvariant()}{(to is null ? "" : $" to='{Jid(to)}'")} from='{Jid(from)}'><status>ö</status></{kind.ToString().ToLowerInvariant()}>";
        return new(kind, type, Jid(from), to is null ? null : Jid(to), id, Encoding.UTF8.GetBytes(xml), 9);
    }
}
