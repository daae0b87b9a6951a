using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Muc;
using Krewe.Frontend.Muc;
using Krewe.Frontend.Observability;
using Krewe.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Tests.Unit.Muc;

/// <summary>Contract §4, §5 "Room access": whose decisions are forgotten, who is asked about, who is removed, and what the counts say.</summary>
public sealed class MucRevocationTests : IDisposable
{
    private const string Ball = "ball@rooms.verona.example";
    private const string Garden = "garden@rooms.verona.example";
    private const string Romeo = "romeo@verona.example";
    private const string Juliet = "juliet@verona.example";

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(25);

    private static readonly IMeterFactory Meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();

    private readonly FakeRooms _rooms;
    private readonly FakeTimeProvider _time = new();
    private readonly Lifetime _lifetime = new();
    private readonly MucRevocation _revocation;
    private MucHttpAuthSettings? _auth = new() { Url = "http://127.0.0.1/" };
    private HostLimits _limits = new();

    public MucRevocationTests()
    {
        var (factory, grains) = GrainFactoryDouble.Create();
        _rooms = new FakeRooms(grains);
        _revocation = new MucRevocation(factory, new FrontendInstruments(Meters), _time, _lifetime, NullLogger<MucRevocation>.Instance);
    }

    public void Dispose()
    {
        _lifetime.StopApplication();
        _revocation.Dispose();
        _lifetime.Dispose();
    }

    [Fact]
    public async Task User_WhoIsRefusedNow_IsRemovedFromEveryRoomAndForgottenElsewhere()
    {
        _rooms.Enter(Ball, Romeo);
        _rooms.Enter(Garden, Romeo);
        _rooms.Hold("hall@rooms.verona.example", Romeo);
        _rooms.Enter(Ball, Juliet);
        _rooms.Decides = (room, _) => Task.FromResult(room == Ball ? FakeRooms.Refused : FakeRooms.Admitted);

        Assert.Equal(Counts(forgotten: 3, asked: 2, removed: 1), await RevokeAsync(null, Romeo));
        Assert.Equal((false, true, true), (_rooms.IsPresent(Ball, Romeo), _rooms.IsPresent(Garden, Romeo), _rooms.IsPresent(Ball, Juliet)));
        Assert.Equal([(Ball, Romeo, $"nick of {Romeo}", true), (Garden, Romeo, $"nick of {Romeo}", true)], _rooms.Asked.Order());
        Assert.All(_rooms.Forgotten, place => Assert.Equal(Romeo, place.User));
    }

    [Fact]
    public async Task Room_IsAskedAboutEveryoneInIt_AndAboutNobodyElsewhere()
    {
        _rooms.Enter(Ball, Romeo);
        _rooms.Enter(Ball, Juliet);
        _rooms.Enter(Garden, Romeo);
        _rooms.EnterUnasked(Ball, "nurse@elsewhere.example");
        _rooms.Decides = (_, _) => Task.FromResult(FakeRooms.Refused);

        Assert.Equal(Counts(forgotten: 3, asked: 3, removed: 3), await RevokeAsync(Ball, null));
        Assert.True(_rooms.IsPresent(Garden, Romeo));
    }

    [Fact]
    public async Task UserInARoom_IsTheOnlyOneConcerned()
    {
        _rooms.Enter(Ball, Romeo);
        _rooms.Enter(Ball, Juliet);
        _rooms.Decides = (_, _) => Task.FromResult(FakeRooms.Refused);

        Assert.Equal(Counts(forgotten: 1, asked: 1, removed: 1), await RevokeAsync(Ball, Romeo));
        Assert.True(_rooms.IsPresent(Ball, Juliet));
    }

    [Fact]
    public async Task Nothing_ToForget_CountsNothing()
    {
        _rooms.Hold(Ball, Romeo);
        _rooms.Forgets = (_, _) => Task.FromResult(false);

        Assert.Equal(Counts(), await RevokeAsync(Ball, Romeo));
        Assert.Equal(Counts(), await RevokeAsync(null, Juliet));
    }

    /// <summary>Only the service's own and explicit word removes anybody; the room is told of the rest as of a failure.</summary>
    [Theory]
    [InlineData(MucVerdict.Failed, false, false)]
    [InlineData(MucVerdict.Admitted, false, true)]
    [InlineData(MucVerdict.Refused, true, true)]
    [InlineData(MucVerdict.Refused, false, false)]
    public async Task Answer_ThatIsNone_RemovesNobodyAndFails(MucVerdict verdict, bool isExplicit, bool isFallback)
    {
        _rooms.Enter(Ball, Romeo);
        _rooms.Decides = (_, _) => Task.FromResult(new MucDecision(verdict, default, isExplicit, IsFallback: isFallback));

        Assert.Equal(Counts(forgotten: 1, asked: 1, failed: 1), await RevokeAsync(Ball, null));
        Assert.True(_rooms.IsPresent(Ball, Romeo));
        Assert.Equal(MucVerdict.Failed, Assert.Single(_rooms.Applied).Decision.Verdict);
    }

    [Fact]
    public async Task Admission_IsGivenToTheRoomWithWhatItCarries()
    {
        _rooms.Enter(Ball, Romeo);
        var decision = FakeRooms.Admitted with { Affiliation = MucAffiliation.Member, Role = MucRole.Visitor };
        _rooms.Decides = (_, _) => Task.FromResult(decision);

        Assert.Equal(Counts(forgotten: 1, asked: 1), await RevokeAsync(Ball, null));
        Assert.Equal((Romeo, decision), Assert.Single(_rooms.Applied));
    }

    /// <summary>Whom the service is not asked about when he enters, it is not asked about now.</summary>
    [Fact]
    public async Task Those_WhoAreNoneOfTheServicesBusiness_AreForgottenAndStay()
    {
        _rooms.Enter(Ball, Romeo);
        _rooms.Enter(Ball, Juliet);
        _rooms.Enter(Garden, Juliet);
        _rooms.Decides = (_, _) => Task.FromResult(FakeRooms.Refused);
        _auth = _auth! with { ExemptAdmins = true, DisabledFor = new MucRoomSelection(["garden"], ImmutableDictionary<string, ImmutableHashSet<string>>.Empty) };

        Assert.Equal(Counts(forgotten: 1), await RevokeAsync(Ball, Romeo));
        Assert.Equal(Counts(forgotten: 1), await RevokeAsync(Garden, null));
        _auth = null;
        Assert.Equal(Counts(forgotten: 2), await RevokeAsync(null, Juliet));
        Assert.Empty(_rooms.Asked);
    }

    [Fact]
    public async Task Grain_ThatDoesNotAnswer_FailsForItsUserAlone()
    {
        _rooms.Enter(Ball, Romeo);
        _rooms.Enter(Ball, Juliet);
        _rooms.Decides = (_, user) => user == Romeo ? Task.FromException<MucDecision>(new TimeoutException()) : Task.FromResult(FakeRooms.Refused);

        Assert.Equal(Counts(forgotten: 2, asked: 2, removed: 1, failed: 1), await RevokeAsync(Ball, null));
        Assert.True(_rooms.IsPresent(Ball, Romeo));
    }

    [Fact]
    public async Task Thousands_AreAllReached_WithinTheHooksConcurrency()
    {
        const int Users = 2500;
        const int Concurrency = 16;
        _limits = _limits with { HookConcurrency = Concurrency };
        foreach (var user in Enumerable.Range(0, Users))
        {
            _rooms.Enter(Ball, $"user{user}@verona.example");
        }

        int now = 0, most = 0;
        _rooms.Decides = async (_, _) =>
        {
            InterlockedMax(ref most, Interlocked.Increment(ref now));
            await Task.Yield();
            Interlocked.Decrement(ref now);
            return FakeRooms.Refused;
        };

        Assert.Equal(Counts(forgotten: Users, asked: Users, removed: Users), await RevokeAsync(Ball, null));
        Assert.InRange(most, 1, Concurrency);
    }

    [Fact]
    public async Task Deadline_WithSomeToGo_CountsThemAsFailedAndGoesOn()
    {
        _limits = _limits with { HookConcurrency = 1 };
        _rooms.Enter(Ball, Juliet);
        _rooms.Enter(Ball, Romeo);
        _rooms.Enter(Garden, Romeo);
        var gate = new TaskCompletionSource<MucDecision>(TaskCreationOptions.RunContinuationsAsynchronously);
        var asked = new SemaphoreSlim(0);
        _rooms.Decides = (_, _) =>
        {
            asked.Release();
            return gate.Task;
        };

        var revoking = RevokeAsync(null, Romeo);
        await asked.WaitAsync(Timeouts.Test);
        await _time.UntilTimersAsync(1);
        _time.Advance(Deadline);
        Assert.Equal(Counts(failed: 2), await revoking.WaitAsync(Timeouts.Test));

        gate.SetResult(FakeRooms.Refused);
        await asked.WaitAsync(Timeouts.Test);
        await _time.UntilTimersAsync(1);
        Assert.Equal((false, false, true), (_rooms.IsPresent(Ball, Romeo), _rooms.IsPresent(Garden, Romeo), _rooms.IsPresent(Ball, Juliet)));
    }

    /// <summary>His decision had left its grain, and had not come to the room, when it was forgotten.</summary>
    [Fact]
    public async Task User_WhoWasOnTheWayIn_IsFoundAtTheSecondLook()
    {
        _rooms.Hold(Ball, Romeo);
        _rooms.Enter(Ball, Juliet);
        Assert.Equal(Counts(forgotten: 2, asked: 1), await RevokeAsync(Ball, null));
        _rooms.Enter(Ball, Romeo);
        var removed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _rooms.Decides = (_, _) =>
        {
            removed.SetResult();
            return Task.FromResult(FakeRooms.Refused);
        };

        await _time.UntilTimersAsync(1);
        _time.Advance(MucRevocation.SecondLookAfter);
        await removed.Task.WaitAsync(Timeouts.Test);

        Assert.Equal([(Ball, Juliet, $"nick of {Juliet}", true), (Ball, Romeo, $"nick of {Romeo}", false)], _rooms.Asked);
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen;
        while ((seen = Volatile.Read(ref target)) < value && Interlocked.CompareExchange(ref target, value, seen) != seen)
        {
            // Somebody else was faster: look again.
        }
    }

    private static MucRevocationCounts Counts(int forgotten = 0, int asked = 0, int removed = 0, int failed = 0) =>
        new() { Forgotten = forgotten, Asked = asked, Removed = removed, Failed = failed };

    private Task<MucRevocationCounts> RevokeAsync(string? room, string? user)
    {
        var service = new MucServiceSettings { Domain = "rooms.verona.example", HttpAuth = _auth };
        var host = HostSettings.Default("verona.example") with { Limits = _limits, Admins = [Romeo] };
        return _revocation.RunAsync(host, [service], room is null ? null : Jid.Parse(room), user is null ? null : Jid.Parse(user), Deadline);
    }

    private sealed class Lifetime : IHostApplicationLifetime, IDisposable
    {
        private readonly CancellationTokenSource _stopping = new();

        public CancellationToken ApplicationStarted => CancellationToken.None;

        public CancellationToken ApplicationStopping => _stopping.Token;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication() => _stopping.Cancel();

        public void Dispose() => _stopping.Dispose();
    }
}
