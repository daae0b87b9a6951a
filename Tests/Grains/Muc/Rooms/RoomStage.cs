using System.Text;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;

namespace Krewe.Tests.Grains.Muc.Rooms;

/// <summary>A test's own host with a room service, and one room of it with the sessions that the test makes, on one frontend.</summary>
internal sealed class RoomStage
{
    private static int s_domains;
    private static long s_sessions;

    private readonly RoomSilo _silo;
    private readonly Dictionary<string, MucSession> _sessions = new(StringComparer.Ordinal);
    private FrontendRef? _frontend;

    /// <summary>Rooms are open at once unless the test wants them locked.</summary>
    public RoomStage(RoomSilo silo, Func<MucServiceSettings, MucServiceSettings>? service = null, Func<HostSettings, HostSettings>? host = null)
    {
        _silo = silo;
        Host = new HostSettings { Domain = $"r{Interlocked.Increment(ref s_domains)}.example", Tenant = "t" };
        Host = host?.Invoke(Host) ?? Host;
        Service = new MucServiceSettings { Domain = $"rooms.{Host.Domain}", RoomLocking = false };
        Service = service?.Invoke(Service) ?? Service;
        Room = Jid.Parse($"stage@{Service.Domain}");
        silo.Hosts.Set(Host, Service);
    }

    public HostSettings Host { get; private set; }

    public MucServiceSettings Service { get; private set; }

    public Jid Room { get; }

    public RoomSink Sink { get; } = new();

    public IMucRoomGrain Grain => _silo.Grains.MucRoom(Room);

    public IMucServiceGrain Rooms => _silo.Grains.MucService(Service.Domain);

    public IMucDecisionsGrain Decisions => _silo.Grains.MucDecisions(Service.Domain);

    public IMucAuthGrain Auth(string user) => _silo.Grains.MucAuth(Room, User(user));

    public void Change(Func<HostSettings, HostSettings> host) => _silo.Hosts.Set(Host = host(Host), Service);

    public void Change(Func<MucServiceSettings, MucServiceSettings> service) => _silo.Hosts.Set(Host, Service = service(Service));

    public void RemoveService() => _silo.Hosts.Remove(Service);

    /// <param name="localpart">Or a whole address.</param>
    public Jid User(string localpart) => Jid.Parse(localpart.Contains('@') ? localpart : $"{localpart}@{Host.Domain}");

    public Jid Occupant(string nickname) => Room.WithPreparedResource(nickname);

    /// <summary>A user's session, made at first use.</summary>
    /// <param name="address"><c>romeo</c> for <c>romeo/orchard</c>, or <c>user/resource</c>.</param>
    public MucSession Session(string address)
    {
        if (!_sessions.TryGetValue(address, out var session))
        {
            _sessions.Add(address, session = NewSession(address));
        }

        return session;
    }

    /// <summary>The same full JID on a new stream.</summary>
    public MucSession Reconnect(string address) => _sessions[address] = NewSession(address);

    /// <summary>A session of a further frontend.</summary>
    public MucSession SessionOn(string address, IFrontendSink sink) => _sessions[address] = NewSession(address, sink);

    /// <summary>The frontend is registered anew, as after the silo began anew.</summary>
    public void ForgetFrontend()
    {
        _frontend = null;
        _sessions.Clear();
    }

    public Task<MucPresenceResult> PresenceAsync(
        string address, string? nickname = null, MucDecision? decision = null, string? password = null, MucHistoryRequest? history = null, string? id = null,
        string payload = "", bool isJoin = true) => Grain.PresenceAsync(
            new MucPresence(Session(address), nickname ?? Nickname(address), id, Payload(payload), isJoin, password, history), decision);

    /// <summary>Enters, and sees to it that it did.</summary>
    public async Task EnterAsync(string address, string? nickname = null, MucDecision? decision = null)
    {
        var result = await PresenceAsync(address, nickname, decision);
        Assert.Equal(new MucPresenceResult(MucPresenceOutcome.Present, null, nickname ?? Nickname(address)), result);
    }

    /// <summary>Several enter, and forget what they were told of it.</summary>
    public async Task EnterAllAsync(params string[] addresses)
    {
        foreach (var address in addresses)
        {
            await EnterAsync(address);
        }

        foreach (var address in addresses)
        {
            Take(address);
        }
    }

    public Task LeaveAsync(string address, MucLeaveCause cause = MucLeaveCause.Left, string? id = null, string payload = "") =>
        Grain.LeaveAsync(new MucLeave(Session(address), cause, id, Payload(payload)));

    public Task<StanzaError?> SayAsync(string address, string text, string? id = null, string? to = null, StanzaType? type = null, bool hasBody = true) => Grain.MessageAsync(
        new MucMessage(Session(address), to, type ?? (to is null ? StanzaType.Groupchat : StanzaType.Chat), id, Payload(text), IsSubject: false, hasBody));

    public Task<StanzaError?> SubjectAsync(string address, string subject, string? id = null) => Grain.SubjectAsync(
        new MucMessage(Session(address), null, StanzaType.Groupchat, id, Payload($"<subject>{subject}</subject>"), IsSubject: true, HasBody: false), subject);

    public Task<StanzaError?> SetRoleAsync(string actor, string nickname, MucRole role, string? reason = null) =>
        Grain.AdministerAsync(Session(actor), [new MucAdminItem(nickname, null, null, role, reason)]);

    public Task<StanzaError?> SetAffiliationAsync(string actor, string user, MucAffiliation affiliation, string? reason = null) =>
        Grain.AdministerAsync(Session(actor), [new MucAdminItem(null, User(user), affiliation, null, reason)]);

    public async Task ConfigureAsync(string owner, MucConfigChange change) => Assert.Null(await Grain.ConfigureAsync(Session(owner).Jid, change));

    /// <summary>What came for a session since the last call; see <see cref="RoomSink"/>.</summary>
    public string[] Take(string address) => [.. TakeStanzas(address).Select(RoomSink.Line)];

    public IReadOnlyList<MucStanza> TakeStanzas(string address) => Sink.Take(Session(address).Session);

    public async Task<string[]> UntilAsync(string address, string start) =>
        [.. (await Sink.UntilAsync(Session(address).Session, stanza => RoomSink.Line(stanza).StartsWith(start, StringComparison.Ordinal))).Select(RoomSink.Line)];

    public static MucPayload Payload(string text) => text.Length == 0 ? MucPayload.Empty : new MucPayload(Encoding.UTF8.GetBytes(text), default);

    /// <summary>The user's name, with a capital.</summary>
    public static string Nickname(string address) => $"{char.ToUpperInvariant(address[0])}{address.Split('/', '@')[0][1..]}";

    private MucSession NewSession(string address, IFrontendSink? sink = null)
    {
        var (user, resource) = address.Split('/', 2) is [var name, var rest] ? (name, rest) : (address, "orchard");
        return new MucSession(sink is null ? _frontend ??= NewFrontend(Sink) : NewFrontend(sink), Interlocked.Increment(ref s_sessions), User(user).WithPreparedResource(resource));
    }

    private FrontendRef NewFrontend(IFrontendSink sink) => new($"frontend-{Guid.NewGuid():N}", _silo.Inside.CreateObjectReference<IFrontendSink>(sink));
}
