using FsCheck;
using FsCheck.Fluent;
using Krewe.Contracts.Muc;
using Krewe.Grains.Muc;

namespace Krewe.Tests.Unit.Muc;

public sealed class MucDecisionTableTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly MucDecisionTable _table = new();

    [Fact]
    public void Find_ByRoomAndByUser_FindsThoseInOrder()
    {
        foreach (var (room, user) in new[] { ("r2", "u1"), ("r1", "u2"), ("r1", "u1"), ("r3", "u1"), ("r1", "U3") })
        {
            _table.Hold(room, user, Now.AddSeconds(10));
        }

        Assert.Equal(["r1 U3", "r1 u1", "r1 u2"], Find("r1", null));
        Assert.Equal(["r1 u1", "r2 u1", "r3 u1"], Find(null, "u1"));
        Assert.Equal(["r1 U3", "r1 u1", "r1 u2", "r2 u1", "r3 u1"], Find(null, null));
        Assert.Equal(["r2 u1"], Find("r2", "u1"));
        Assert.Empty(Find("r2", "u2"));
        Assert.Empty(Find("r4", null));
        Assert.Empty(Find(null, "zz"));
    }

    [Fact]
    public void Find_Page_BeginsBehindTheLastOne()
    {
        foreach (var room in new[] { "r1", "r2", "r3" })
        {
            foreach (var user in new[] { "u1", "u2", "u3" })
            {
                _table.Hold(room, user, Now.AddSeconds(10));
            }
        }

        Assert.Equal(["r1 u2", "r1 u3"], Find("r1", null, new("r1", "u1", false), 2));
        Assert.Equal(["r2 u2", "r3 u2"], Find(null, "u2", new("r1", "u2", false)));
        Assert.Equal(["r1 u3", "r2 u1"], Find(null, null, new("r1", "u2", false), 2));
        Assert.Empty(Find("r2", "u2", new("r2", "u2", false)));
        Assert.Empty(Find(null, null, new("r3", "u3", false)));

        // One that is gone by now has a place in the order all the same.
        Assert.Equal(["r2 u1"], Find(null, "u1", new("r1x", "u1", false), 1));
    }

    [Fact]
    public void Hold_NeverShortens()
    {
        _table.Hold("r", "u", Now.AddSeconds(10));
        _table.Hold("r", "u", Now.AddSeconds(5));

        Assert.Equal(["r u"], Find("r", null, now: Now.AddSeconds(9)));
        Assert.Empty(Find("r", null, now: Now.AddSeconds(10)));
    }

    [Fact]
    public void Present_IsFoundHoweverLongAgoItRanOut()
    {
        _table.Hold("r", "u", Now);
        _table.Enter("r", "u");
        _table.Sweep(Now.AddDays(1), 100);

        Assert.Equal(["r u*"], Find("r", null, now: Now.AddDays(1)));

        _table.Leave("r", "u");
        Assert.Empty(Find("r", null, now: Now.AddDays(1)));
        _table.Sweep(Now.AddDays(1), 100);
        Assert.Equal((0, 0), (_table.Count, _table.AbsentCount));
    }

    [Fact]
    public void Enter_OfSomebodyNotHeld_IsFound()
    {
        _table.Enter("r", "u");
        _table.Enter("r", "u");
        _table.Leave("r", "stranger");

        Assert.Equal(["r u*"], Find("r", "u"));
        Assert.Equal((1, 0), (_table.Count, _table.AbsentCount));
    }

    [Fact]
    public void Sweep_RemovesAtMostSoMany_AndNothingThatStillHolds()
    {
        for (var i = 0; i < 10; i++)
        {
            _table.Hold("r", $"u{i}", Now.AddSeconds(i));
        }

        _table.Hold("r", "u0", Now.AddSeconds(100));
        Assert.Equal(3, _table.Sweep(Now.AddSeconds(50), 3));
        Assert.Equal(8, _table.Count);
        _table.Sweep(Now.AddSeconds(50), 100);
        Assert.Equal(["r u0"], Find("r", null, now: Now.AddSeconds(50)));
        Assert.Equal(0, _table.Sweep(Now.AddSeconds(50), 100));
    }

    [Fact]
    public void RemoveFirst_TakesTheAbsentOneThatRunsOutFirst()
    {
        _table.Hold("r", "u1", Now.AddSeconds(1));
        _table.Hold("r", "u2", Now.AddSeconds(2));
        _table.Hold("r", "u3", Now.AddSeconds(3));
        _table.Hold("r", "u1", Now.AddSeconds(9));
        _table.Enter("r", "u2");

        Assert.True(_table.TryRemoveFirst(out var first));
        Assert.Equal("u3", first.User);
        Assert.True(_table.TryRemoveFirst(out first));
        Assert.Equal("u1", first.User);
        Assert.False(_table.TryRemoveFirst(out _));
        Assert.Equal(["r u2*"], Find("r", null));
    }

    [Fact]
    public void Table_AgreesWithAListOfEverything() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(300),
        Prop.ForAll(Gen.Choose(0, (5 * 4 * 4 * 16) - 1).ArrayOf().ToArbitrary(), steps => Agrees([.. steps.Select(step => (step % 5, step / 5 % 4, step / 20 % 4, step / 80))])));

    private static bool Agrees((int What, int Room, int User, int Seconds)[] steps)
    {
        var model = new SortedDictionary<string, (string Room, string User, DateTimeOffset Until, bool IsPresent)>(StringComparer.Ordinal);
        var table = new MucDecisionTable();
        var now = Now;
        foreach (var (what, r, u, seconds) in steps)
        {
            var (room, user, until) = ($"r{r}", $"u{u}", now.AddSeconds(seconds));
            var known = model.GetValueOrDefault(room + user, (Room: room, User: user, Until: DateTimeOffset.MinValue, IsPresent: false));
            switch (what)
            {
                case 0:
                    table.Hold(room, user, until);
                    model[room + user] = known with { Until = until > known.Until ? until : known.Until };
                    break;
                case 1:
                    table.Enter(room, user);
                    model[room + user] = known with { IsPresent = true };
                    break;
                case 2:
                    table.Leave(room, user);
                    model[room + user] = known with { IsPresent = false };
                    break;
                case 3:
                    now = now.AddSeconds(seconds / 2);
                    break;
                default:
                    table.Sweep(now, seconds);
                    break;
            }

            var live = model.Values.Where(place => place.IsPresent || place.Until > now).ToArray();
            MucDecisionPlace[] Expected(string? ofRoom, string? ofUser) =>
                [.. live.Where(place => (ofRoom ?? place.Room) == place.Room && (ofUser ?? place.User) == place.User).Select(place => new MucDecisionPlace(place.Room, place.User, place.IsPresent))];
            if (!Pages(table, room, null, now).SequenceEqual(Expected(room, null)) || !Pages(table, null, user, now).SequenceEqual(Expected(null, user))
                || !Pages(table, null, null, now).SequenceEqual(Expected(null, null)) || !Pages(table, room, user, now).SequenceEqual(Expected(room, user)))
            {
                return false;
            }
        }

        table.Sweep(now.AddDays(1), int.MaxValue);
        return table.Count == model.Values.Count(place => place.IsPresent) && table.AbsentCount == 0;
    }

    private static IEnumerable<MucDecisionPlace> Pages(MucDecisionTable table, string? room, string? user, DateTimeOffset now)
    {
        MucDecisionPlace? after = null;
        while (table.Find(room, user, after, 2, now) is { IsEmpty: false } page)
        {
            foreach (var place in page)
            {
                yield return place;
            }

            after = page[^1];
        }
    }

    private string[] Find(string? room, string? user, MucDecisionPlace? after = null, int limit = 100, DateTimeOffset? now = null) =>
        [.. _table.Find(room, user, after, limit, now ?? Now).Select(place => $"{place.Room} {place.User}{(place.IsPresent ? "*" : "")}")];
}
