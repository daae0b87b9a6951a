using FsCheck;
using FsCheck.Fluent;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Privileges;

namespace Krewe.Tests.Unit.Privileges;

/// <summary>XEP-0356 §7.1, §8: what of many users' views of presence a component is told.</summary>
public sealed class SeenPresencesTests
{
    private static readonly Jid[] Seen = [.. new[] { "a@x.example/1", "a@x.example/2", "b@x.example/1" }.Select(Jid.Parse)];
    private static readonly Jid[] Viewers = [.. new[] { "u@one.example", "v@one.example", "w@two.example" }.Select(Jid.Parse)];

    private readonly SeenPresences _presences = new();

    [Fact]
    public void Presence_OfOneWhomManySee_IsToldAtTheFirstAndAtTheLast()
    {
        Assert.True(Available(0, 0));
        Assert.False(Available(0, 1));
        Assert.False(Available(0, 0));
        Assert.True(Available(1, 0));
        Assert.False(Unavailable(0, 0));
        Assert.False(Unavailable(0, 0));
        Assert.True(Unavailable(0, 1));
        Assert.False(Unavailable(0, 1));
        Assert.True(Available(0, 1));
    }

    [Fact]
    public void Unavailable_OfOneWhoWasNotTold_IsNotToldEither() => Assert.False(Unavailable(0, 0));

    [Fact]
    public void Host_WhoseUsersMayNotBeKnownAnyMore_TakesAlongWhomOnlyTheySaw()
    {
        Available(0, 0);
        Available(0, 1);
        Available(1, 1);
        Available(1, 2);
        Available(2, 2);

        Assert.Equal([Seen[0]], _presences.Forget("one.example"));
        Assert.Empty(_presences.Forget("one.example"));
        Assert.True(Unavailable(1, 2));
        Assert.True(Available(0, 2));
    }

    [Fact]
    public void Presences_ThatAnotherConnectionTellsOf_AreTakenOut_WhoeverSaw()
    {
        Available(0, 0);
        Available(0, 1);
        Available(1, 1);
        Available(2, 2);

        Assert.Equal([Seen[0], Seen[1]], _presences.TakeOut(seen => seen.Bare == Seen[0].Bare).Order());
        Assert.False(Unavailable(0, 0));
        Assert.True(Unavailable(2, 2));
        Assert.True(Available(0, 1));
    }

    [Fact]
    public void Told_IsExactlyWhatChangesWhetherAnybodySees()
    {
        var step = from seen in Gen.Choose(0, Seen.Length - 1)
                   from viewer in Gen.Choose(0, Viewers.Length - 1)
                   from isAvailable in Gen.Elements(true, false)
                   select (seen, viewer, isAvailable);
        Prop.ForAll(step.ListOf().ToArbitrary(), steps =>
        {
            var presences = new SeenPresences();
            var views = new HashSet<(int, int)>();
            foreach (var (seen, viewer, isAvailable) in steps)
            {
                var before = views.Any(view => view.Item1 == seen);
                _ = isAvailable ? views.Add((seen, viewer)) : views.Remove((seen, viewer));
                var after = views.Any(view => view.Item1 == seen);
                if (presences.Note(Presence(isAvailable ? StanzaType.Available : StanzaType.Unavailable, Seen[seen]), Viewers[viewer]) != (before != after))
                {
                    return false;
                }
            }

            return true;
        }).QuickCheckThrowOnFailure();
    }

    private bool Available(int seen, int viewer) => _presences.Note(Presence(StanzaType.Available, Seen[seen]), Viewers[viewer]);

    private bool Unavailable(int seen, int viewer) => _presences.Note(Presence(StanzaType.Unavailable, Seen[seen]), Viewers[viewer]);

    private static StanzaFrame Presence(StanzaType type, Jid from) => new(StanzaKind.Presence, type, from, null, null, default, 0);
}
