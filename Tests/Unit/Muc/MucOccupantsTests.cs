using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;
using Krewe.Grains.Muc;

namespace Krewe.Tests.Unit.Muc;

public sealed class MucOccupantsTests
{
    /// <summary>Telling a session that it leaves may find that it is gone, and take it out before it is taken out.</summary>
    [Fact]
    public void Remove_OfWhatIsOut_ChangesNothing()
    {
        var occupants = new MucOccupants();
        var juliet = new MucOccupant(Jid.Parse("balcony@rooms.example/Juliet"), Jid.Parse("juliet@verona.example"), "id");
        occupants.Add(juliet);
        var (first, second) = (Visit(juliet, 1, "a"), Visit(juliet, 2, "b"));
        occupants.Add(first);
        occupants.Add(second);

        Assert.False(occupants.Remove(first));
        Assert.False(occupants.Remove(first));
        Assert.Same(second, occupants.Find(second.Session.Jid));
        Assert.True(occupants.Remove(second));
        Assert.False(occupants.Remove(second));
        Assert.Empty(occupants.Of("juliet@verona.example"));

        // Nor does it take out another session of the same address.
        occupants.Add(juliet);
        var again = Visit(juliet, 3, "b");
        occupants.Add(again);
        Assert.False(occupants.Remove(second));
        Assert.Same(again, occupants.Find(again.Session.Jid));
    }

    private static MucVisit Visit(MucOccupant occupant, long session, string resource) =>
        new(new MucSession(null!, session, Jid.Parse($"juliet@verona.example/{resource}")), occupant, MucPayload.Empty);
}
