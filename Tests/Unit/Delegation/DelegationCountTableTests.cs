using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Delegation;

namespace Krewe.Tests.Unit.Delegation;

/// <summary>What became of a host's requests is that host's to know, however many grants there are.</summary>
public sealed class DelegationCountTableTests
{
    [Fact]
    public void Counts_BeyondTheLimit_AreOfOneHostAllTheSame()
    {
        var table = new DelegationCountTable();
        for (var i = 0; i < DelegationCountTable.GrantsMax; i++)
        {
            table.Of("elsinore.example", Grant($"urn:example:{i}"));
        }

        var (theirs, ours) = (table.Of("elsinore.example", Grant("urn:example:more")), table.Of("verona.example", Grant("urn:example:ns")));
        theirs.NoteForwarded();

        Assert.Equal(("elsinore.example", "verona.example", 0L), (theirs.Host, ours.Host, ours.Forwarded));
        Assert.Same(ours, table.Of("verona.example", Grant("urn:example:ns")));
        Assert.Same(ours, table.Of("verona.example", Grant("urn:example:other")));
        Assert.Contains(theirs, table.All);
        Assert.NotSame(table.Of("elsinore.example", Grant("urn:example:7")), table.Of("elsinore.example", Grant("urn:example:8")));
    }

    private static DelegationGrant Grant(string name) => new() { Namespace = name, Entity = Jid.Parse("pubsub.example") };
}
