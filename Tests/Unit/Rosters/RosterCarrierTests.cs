using Krewe.Contracts.Addressing;
using Krewe.Contracts.Rosters;
using Krewe.Contracts.Sessions;
using Krewe.Frontend.Rosters;
using Krewe.Tests.Support;

namespace Krewe.Tests.Unit.Rosters;

public sealed class RosterCarrierTests
{
    private static readonly Jid Owner = Jid.Parse("juliet@verona.localhost");

    private static readonly RosterChangeSet Changes = new("1.1", [], new RosterSnapshot("1.2", []));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Revalidate_ThatOutlastsAGrainCall_CarriesWhatTheFetchBringsInTheEnd(bool fails)
    {
        var carried = new List<RosterChangeSet>();
        var awaited = new RosterRevalidation(fails ? "timeout" : null, fails ? null : Changes, []);
        var (grains, grainDouble) = GrainFactoryDouble.Create();
        grainDouble.With(_ => GrainDouble.Create<IRosterGrain>((method, _) => method == nameof(IRosterGrain.RevalidateAsync)
            ? Task.FromException<RosterRevalidation>(new TimeoutException())
            : Task.FromResult(awaited)));
        grainDouble.With(_ => GrainDouble.Create<IUserSessionsGrain>((_, arguments) =>
        {
            carried.Add((RosterChangeSet)arguments[0]!);
            return Task.FromResult(new RosterApplied(true, null));
        }));

        var revalidation = await new RosterCarrier(grains).RevalidateAsync(Owner);

        Assert.Same(awaited, revalidation);
        Assert.Equal(fails ? [] : [Changes], carried);
    }
}
