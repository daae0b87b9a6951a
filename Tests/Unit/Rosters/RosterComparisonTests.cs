using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Rosters;
using Krewe.Grains.Rosters;

namespace Krewe.Tests.Unit.Rosters;

public sealed class RosterComparisonTests
{
    private static readonly RosterItem A = Item("a@x.example");
    private static readonly RosterItem B = Item("b@x.example");
    private static readonly RosterItem C = Item("c@x.example");

    public static TheoryData<string, RosterItem> Differences => new()
    {
        { "name", B with { Name = "Bea" } },
        { "no name", B with { Name = null } },
        { "groups", B with { Groups = ["G", "H"] } },
        { "no group", B with { Groups = [] } },
        { "subscription", B with { Subscription = SubscriptionState.From } },
        { "ask", B with { Ask = true } },
        { "approved", B with { Approved = true } },
    };

    [Theory]
    [MemberData(nameof(Differences))]
    public void Compare_AnyPartOfAnItem_IsOneChange(string part, RosterItem changed)
    {
        var set = RosterComparison.Compare(new("e.5", [A, B, C]), [A, changed, C], new("e", 5));

        Assert.NotEmpty(part);
        Assert.Equal([new RosterChange("e.6", B, changed)], set.Changes.ToArray());
        Assert.Equal("e.6", set.Roster.Version);
        Assert.Equal([A, changed, C], set.Roster.Items.ToArray());
    }

    [Fact]
    public void Compare_AddedRemovedChanged_EachHasAVersionOfItsOwnAndTheLastIsTheRosters()
    {
        var set = RosterComparison.Compare(new("e.5", [A, B]), [B with { Name = "new" }, C], new("f", 5));

        Assert.Equal(
            [new RosterChange("f.6", A, null), new RosterChange("f.7", B, B with { Name = "new" }), new RosterChange("f.8", null, C)], set.Changes.ToArray());
        Assert.Equal(("e.5", "f.8"), (set.FromVersion, set.Roster.Version));
    }

    [Fact]
    public void Compare_EqualRosters_EndsInTheSameRoster()
    {
        var before = new RosterSnapshot("e.5", [A, B]);

        var set = RosterComparison.Compare(before, [Item("a@x.example"), Item("b@x.example")], new("f", 5));

        Assert.Empty(set.Changes);
        Assert.Same(before, set.Roster);
    }

    [Fact]
    public void Compare_AnyTwoRosters_ChangesLeadFromOneToTheOther()
    {
        var random = new Random(7);
        for (var round = 0; round < 500; round++)
        {
            var (before, after) = (Some(random), Some(random));

            var set = RosterComparison.Compare(new("e.1", before), after, new("e", 1));

            var items = before.ToDictionary(item => item.Jid.Bare);
            foreach (var change in set.Changes)
            {
                Assert.Equal(items.GetValueOrDefault(change.Jid.Bare), change.Before);
                _ = change.After is null ? items.Remove(change.Jid.Bare) : (items[change.Jid.Bare] = change.After) is not null;
            }

            Assert.Equal(after.ToArray(), items.Values.OrderBy(item => item.Jid.Bare, StringComparer.Ordinal));
            Assert.Equal(after.ToArray(), set.Roster.Items.ToArray());
            Assert.Equal(set.Changes.Length, set.Changes.Select(change => change.Version).Distinct().Count());
        }
    }

    [Fact]
    public void History_KnownVersions_AreLedFromAndOthersAreNot()
    {
        var copy = new RosterCopy();
        copy.Replace([A]);
        var first = copy.Roster.Version;
        copy.Replace([A, B, C]);
        copy.Replace([C]);

        var since = copy.Since(first);

        Assert.Equal(first, since.FromVersion);
        Assert.Equal(["b@x.example", "c@x.example", "a@x.example", "b@x.example"], since.Changes.Select(change => change.Jid.Bare));
        Assert.Equal(copy.Roster, since.Roster);
        Assert.Equal(2, copy.Since(since.Changes[1].Version).Changes.Length);
        Assert.Empty(copy.Since(copy.Roster.Version).Changes);
        Assert.Equal(copy.Roster.Version, copy.Since("other.1").FromVersion);
    }

    [Fact]
    public void History_ManyChanges_IsBoundedButHoldsTheLastSet()
    {
        var copy = new RosterCopy();
        var versions = new List<string>();
        for (var i = 0; i < 300; i++)
        {
            versions.Add(copy.Roster.Version);
            copy.Replace([A with { Name = $"{i}" }]);
        }

        Assert.NotEqual(versions[0], copy.Since(versions[0]).FromVersion);
        Assert.Equal(versions[250], copy.Since(versions[250]).FromVersion);

        var before = copy.Roster.Version;
        copy.Replace([.. Enumerable.Range(0, 1000).Select(i => Item($"{i:D4}@x.example"))]);
        Assert.Equal(1001, copy.Since(before).Changes.Length);
    }

    [Fact]
    public void Copy_LoadedAgain_NeverRepeatsAVersion()
    {
        var first = new RosterCopy();
        first.Replace([A]);
        var written = first.ToState();
        first.Replace([A, B]);

        var second = new RosterCopy();
        second.Load(written);
        Assert.Equal("1", second.Roster.Version.Split('.')[1]);
        second.Replace([A, C]);

        Assert.NotEqual(first.Roster.Version, second.Roster.Version);
        Assert.Equal("2", second.Roster.Version.Split('.')[1]);
    }

    private static RosterItem Item(string jid) => new(Jid.Parse(jid), "n", SubscriptionState.Both, false, false, ["G"]);

    private static ImmutableArray<RosterItem> Some(Random random) =>
        [.. "abcdefgh".Where(_ => random.Next(2) == 0).Select(letter => Item($"{letter}@x.example") with { Name = random.Next(2) == 0 ? "n" : "m" })];
}
