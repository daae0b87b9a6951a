using Krewe.Contracts.Rosters;
using Krewe.Contracts.Sessions;

namespace Krewe.Tests.Grains.Sessions;

/// <summary>
/// What a changed roster means for the user's sessions: every row of the table of specs 4.5, with the order that R-070 to R-076 ask for. Romeo's roster changes; Juliet's
/// lets him see her, so that only his side decides.
/// </summary>
public sealed class RosterChangedTests(SessionsSilo silo) : IClassFixture<SessionsSilo>
{
    private static readonly SubscriptionState?[] States = [null, SubscriptionState.None, SubscriptionState.To, SubscriptionState.From, SubscriptionState.Both];

    private readonly SessionsStage _stage = new(silo);

    public static TheoryData<SubscriptionState?, SubscriptionState?> Changes
    {
        get
        {
            var changes = new TheoryData<SubscriptionState?, SubscriptionState?>();
            foreach (var before in States)
            {
                foreach (var after in States)
                {
                    if (before is not null || after is not null)
                    {
                        changes.Add(before, after);
                    }
                }
            }

            return changes;
        }
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task Change_IsPushedOnce_WithThePresenceThatFollows_InOrder(SubscriptionState? before, SubscriptionState? after)
    {
        var (hadFrom, hasFrom) = (before?.HasFrom() == true, after?.HasFrom() == true);
        var (hadTo, hasTo) = (before?.HasTo() == true, after?.HasTo() == true);
        await CastAsync(before);

        var applied = await _stage.ApplyAsync("romeo", _stage.Change(1, "juliet", before, after));

        Assert.Equal(new RosterApplied(true, "e.2"), applied);
        var log = _stage.Sink.Take();
        string[] shown = ["available juliet/x to romeo", "available juliet/y to romeo"];
        string[] taken = ["unavailable juliet/x to romeo", "unavailable juliet/y to romeo"];
        var push = $"push e.2 juliet {after?.ToString().ToLowerInvariant() ?? "removed"}";

        // R-072: losses before the push, so that the client still knows the contact; gains behind it, so that it already does.
        foreach (var resource in new[] { "romeo/a", "romeo/b" })
        {
            var came = _stage.For(resource, log);
            var at = Array.IndexOf(came, push);
            Assert.True(at >= 0, string.Join(", ", came));
            Assert.Equal(hadTo && !hasTo ? taken : [], came.Take(at).Order(StringComparer.Ordinal));
            Assert.Equal(!hadTo && hasTo ? shown : [], came.Skip(at + 1).Order(StringComparer.Ordinal));
        }

        // Interested but not available: the push and nothing else (R-076). Not interested: only presence.
        Assert.Equal([push], _stage.For("romeo/interested", log));
        Assert.Empty(_stage.For("romeo/connected", log));

        string[] told = hadFrom == hasFrom ? [] : hasFrom
            ? ["available romeo/a to juliet", "available romeo/b to juliet"]
            : ["unavailable romeo/a to juliet", "unavailable romeo/b to juliet"];
        Assert.Equal(told, _stage.For("juliet/x", log).Order(StringComparer.Ordinal));
        Assert.Equal(told, _stage.For("juliet/y", log).Order(StringComparer.Ordinal));

        // R-070: from here on the new state holds for whatever romeo does.
        await _stage.AvailableAsync("romeo/a", id: "later");
        Assert.Equal(hasFrom ? ["available romeo/a #later to juliet"] : [], _stage.For("juliet/x", _stage.Sink.Take()));
        await _stage.UnbindAsync("romeo/a");
        Assert.Equal(hasFrom ? ["unavailable romeo/a to juliet"] : [], _stage.For("juliet/x", _stage.Sink.Take()));
    }

    [Fact]
    public async Task EqualRoster_CostsNothing()
    {
        await CastAsync(SubscriptionState.Both);

        var applied = await _stage.ApplyAsync("romeo", new RosterChangeSet("e.1", [], _stage.Roster(1, ("juliet", SubscriptionState.Both))));

        Assert.Equal(new RosterApplied(true, "e.1"), applied);
        Assert.Empty(_stage.Sink.Take());
    }

    [Fact]
    public async Task ManyChanges_ArePushedOneByOne_InTheOrderOfTheirVersions()
    {
        await CastAsync(null);
        var steps = Enumerable.Range(0, 100).Select(i => new RosterChange($"e.{i + 2}", null, _stage.Item($"c{i:D3}", SubscriptionState.None))).ToArray();
        var roster = new RosterSnapshot("e.101", [.. steps.Select(step => step.After!)]);

        Assert.True((await _stage.ApplyAsync("romeo", new RosterChangeSet("e.1", [.. steps], roster))).IsApplied);

        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"push e.{i + 2} c{i:D3} none"), _stage.For("romeo/a", _stage.Sink.Take()));
    }

    [Fact]
    public async Task Repeated_IsTakenOnce()
    {
        await CastAsync(null);
        var change = _stage.Change(1, "juliet", null, SubscriptionState.Both);
        Assert.True((await _stage.ApplyAsync("romeo", change)).IsApplied);
        _stage.Sink.Take();

        Assert.Equal(new RosterApplied(true, "e.2"), await _stage.ApplyAsync("romeo", change));
        Assert.Equal(new RosterApplied(true, "e.2"), await _stage.ApplyAsync("romeo", change, isResync: true));

        Assert.Empty(_stage.Sink.Take());
    }

    [Fact]
    public async Task Concurrent_CarriersOfOneChange_DoNoHarm()
    {
        await CastAsync(SubscriptionState.Both);
        var change = _stage.Change(1, "juliet", SubscriptionState.Both, null);

        var applied = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => _stage.ApplyAsync("romeo", change)));

        Assert.All(applied, each => Assert.Equal(new RosterApplied(true, "e.2"), each));
        var log = _stage.Sink.Take();
        Assert.Single(_stage.For("romeo/interested", log));
        Assert.Equal(2, _stage.For("juliet/x", log).Length);
    }

    [Fact]
    public async Task OutOfOrder_IsRefused_AndCaughtUpWith()
    {
        await CastAsync(null);
        var second = _stage.Change(2, "juliet", SubscriptionState.None, SubscriptionState.Both);

        Assert.Equal(new RosterApplied(false, "e.1"), await _stage.ApplyAsync("romeo", second));
        Assert.Empty(_stage.Sink.Take());

        // What leads on from e.1, as the roster grain answers it.
        var first = _stage.Change(1, "juliet", null, SubscriptionState.None);
        var both = new RosterChangeSet("e.1", [.. first.Changes, .. second.Changes], second.Roster);
        Assert.Equal(new RosterApplied(true, "e.3"), await _stage.ApplyAsync("romeo", both, isResync: true));
        Assert.Equal(["push e.2 juliet none", "push e.3 juliet both"], _stage.For("romeo/interested", _stage.Sink.Take()));
    }

    [Fact]
    public async Task SetThatBeginsEarlier_IsTakenFromWhereTheSessionsStand()
    {
        await CastAsync(null);
        var (first, second) = (_stage.Change(1, "juliet", null, SubscriptionState.None), _stage.Change(2, "juliet", SubscriptionState.None, SubscriptionState.To));
        await _stage.ApplyAsync("romeo", first);
        _stage.Sink.Take();

        var both = new RosterChangeSet("e.1", [.. first.Changes, .. second.Changes], second.Roster);
        Assert.Equal(new RosterApplied(true, "e.3"), await _stage.ApplyAsync("romeo", both));

        Assert.Equal(["push e.3 juliet to"], _stage.For("romeo/interested", _stage.Sink.Take()));
    }

    [Fact]
    public async Task StepsThatAreNoLongerKnown_AreComparedAnew()
    {
        await CastAsync(SubscriptionState.Both);
        var present = new RosterSnapshot("f.9", [_stage.Item("paris", SubscriptionState.None)]);

        Assert.Equal(new RosterApplied(true, "f.9"), await _stage.ApplyAsync("romeo", new RosterChangeSet("f.9", [], present), isResync: true));

        var log = _stage.Sink.Take();
        var pushes = _stage.For("romeo/interested", log);
        Assert.Equal(2, pushes.Length);
        Assert.Contains(pushes, push => push.EndsWith("juliet removed", StringComparison.Ordinal));
        Assert.Contains(pushes, push => push.EndsWith("paris none", StringComparison.Ordinal));

        // A client that asks again with the last push's version gets nothing new.
        Assert.StartsWith("push f.9 ", pushes[^1], StringComparison.Ordinal);
        Assert.Equal(["unavailable romeo/a to juliet", "unavailable romeo/b to juliet"], _stage.For("juliet/x", log).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task ResyncToAnOlderRoster_ChangesNothing()
    {
        await CastAsync(SubscriptionState.Both);
        await _stage.ApplyAsync("romeo", _stage.Change(1, "juliet", SubscriptionState.Both, SubscriptionState.To));
        _stage.Sink.Take();

        var old = new RosterChangeSet("e.0", [], _stage.Roster(0));
        Assert.Equal(new RosterApplied(true, "e.2"), await _stage.ApplyAsync("romeo", old, isResync: true));

        Assert.Empty(_stage.Sink.Take());
    }

    [Fact]
    public async Task UserWhoIsOffline_IsTouchedByNothing()
    {
        await _stage.OnlineAsync("juliet/x", _stage.Roster(1, ("romeo", SubscriptionState.Both)));
        _stage.Sink.Take();

        Assert.Equal(new RosterApplied(true, null), await _stage.ApplyAsync("romeo", _stage.Change(1, "juliet", SubscriptionState.Both, null)));

        Assert.Empty(_stage.Sink.Take());
        Assert.False(await _stage.Of("romeo").IsLiveAsync());
    }

    [Fact]
    public async Task ContactThatGainsFrom_IsTakenOverFromDirectedPresence_AndToldOnce()
    {
        await CastAsync(SubscriptionState.None);
        await _stage.DirectAsync("romeo/a", "juliet/x");
        await _stage.ApplyAsync("romeo", _stage.Change(1, "juliet", SubscriptionState.None, SubscriptionState.From));
        _stage.Sink.Take();

        await _stage.UnbindAsync("romeo/a");

        Assert.Equal(["unavailable romeo/a to juliet"], _stage.For("juliet/x", _stage.Sink.Take()));
    }

    [Fact]
    public async Task ContactThatLosesFrom_IsToldOnce_EvenWithDirectedPresence()
    {
        await CastAsync(SubscriptionState.From);
        await _stage.DirectAsync("romeo/a", "juliet/x");
        _stage.Sink.Take();

        await _stage.ApplyAsync("romeo", _stage.Change(1, "juliet", SubscriptionState.From, null));
        await _stage.UnbindAsync("romeo/a");

        var told = _stage.For("juliet/x", _stage.Sink.Take());
        Assert.Single(told, line => line.StartsWith("unavailable romeo/a", StringComparison.Ordinal));
        Assert.Single(told, line => line.StartsWith("unavailable romeo/b", StringComparison.Ordinal));
    }

    /// <summary>R-075: whichever of two matching documents comes first, both see in the end what their rosters say.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task BothSidesRefreshed_InEitherOrder_ConvergeToTheSame(bool isRomeoFirst)
    {
        SubscriptionState[] states = [SubscriptionState.None, SubscriptionState.To, SubscriptionState.From, SubscriptionState.Both];
        foreach (var (before, after) in states.SelectMany(before => states.Select(after => (before, after))))
        {
            var stage = new SessionsStage(silo);
            await stage.OnlineAsync("juliet/x", stage.Roster(1, ("romeo", Mirrored(before))));
            await stage.OnlineAsync("romeo/a", stage.Roster(1, ("juliet", before)));
            Func<Task>[] sides =
            [
                () => stage.ApplyAsync("romeo", stage.Change(1, "juliet", before, after)),
                () => stage.ApplyAsync("juliet", stage.Change(1, "romeo", Mirrored(before), Mirrored(after))),
            ];

            await sides[isRomeoFirst ? 0 : 1]();
            await sides[isRomeoFirst ? 1 : 0]();

            var log = stage.Sink.Take();
            Assert.Equal((after, after.HasTo()), (after, Sees(stage.For("romeo/a", log), "juliet/x")));
            Assert.Equal((after, after.HasFrom()), (after, Sees(stage.For("juliet/x", log), "romeo/a")));
        }
    }

    private static SubscriptionState Mirrored(SubscriptionState state) => state switch
    {
        SubscriptionState.To => SubscriptionState.From,
        SubscriptionState.From => SubscriptionState.To,
        _ => state,
    };

    private static bool Sees(IEnumerable<string> came, string resource) =>
        came.LastOrDefault(line => line.Split(' ')[1] == resource)?.StartsWith("available", StringComparison.Ordinal) == true;

    /// <summary>Romeo with two available resources, one that is only interested and one that is only connected; Juliet with two; all settled.</summary>
    private async Task CastAsync(SubscriptionState? romeoHasJuliet)
    {
        var roster = romeoHasJuliet is { } state ? _stage.Roster(1, ("juliet", state)) : _stage.Roster(1);
        await _stage.BindAsync("romeo/connected");
        await _stage.BindAsync("romeo/interested");
        await _stage.InterestedAsync("romeo/interested");
        await _stage.OnlineAsync("romeo/a", roster);
        await _stage.OnlineAsync("romeo/b", roster);
        await _stage.OnlineAsync("juliet/x", _stage.Roster(1, ("romeo", SubscriptionState.Both)));
        await _stage.OnlineAsync("juliet/y", _stage.Roster(1, ("romeo", SubscriptionState.Both)));
        _stage.Sink.Take();
    }
}
