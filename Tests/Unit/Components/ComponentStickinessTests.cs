using Krewe.Contracts.Components;

namespace Krewe.Tests.Unit.Components;

/// <summary>Specs C-022: each user has one of a component's connections, and a lost one moves nobody but its own.</summary>
public sealed class ComponentStickinessTests
{
    private const int Users = 10_000;

    private static readonly (string Frontend, long Session)[] Connections = [("f1", 7), ("f1", 8), ("f2", 7), ("f3", 123456)];

    [Fact]
    public void Users_AreSpreadEvenly()
    {
        var counts = Enumerable.Range(0, Users).CountBy(user => Pick($"user{user}@a.example", Connections)).ToDictionary();

        Assert.Equal(Connections.Length, counts.Count);
        Assert.All(counts.Values, count => Assert.InRange(count, Users / Connections.Length * 9 / 10, Users / Connections.Length * 11 / 10));
    }

    [Fact]
    public void LossOfOne_MovesOnlyItsUsers_AndToAllOthers()
    {
        var left = Connections[1..];
        var movedTo = new HashSet<(string, long)>();
        for (var user = 0; user < Users; user++)
        {
            var (before, after) = (Pick($"user{user}@a.example", Connections), Pick($"user{user}@a.example", left));
            if (before == Connections[0])
            {
                movedTo.Add(after);
            }
            else
            {
                Assert.Equal(before, after);
            }
        }

        Assert.Equal(left.Length, movedTo.Count);
    }

    /// <summary>Frontends of two versions have to agree: the numbers are part of the contract.</summary>
    [Fact]
    public void Weights_AreTheSameEverywhere()
    {
        Assert.Equal(0xCBF29CE484222325UL, ComponentStickiness.OfUser(""));
        Assert.Equal(0xAF63DC4C8601EC8CUL, ComponentStickiness.OfUser("a"));
        Assert.Equal(0UL, ComponentStickiness.Weight(5, 5));
        Assert.Equal(0x5692161D100B05E5UL, ComponentStickiness.Weight(1, 0));
    }

    private static (string Frontend, long Session) Pick(string user, (string Frontend, long Session)[] connections) =>
        connections.MaxBy(one => ComponentStickiness.Weight(ComponentStickiness.OfUser(user), ComponentStickiness.OfConnection(one.Frontend, one.Session)));
}
