using Krewe.Grains;
using Krewe.Tests.Grains.Semantics;

namespace Krewe.Tests.Grains;

[Alias("short-stay")]
internal interface IShortStayGrain : IGrainWithStringKey
{
    [Alias("look")]
    Task LookAsync();
}

/// <summary>Holds nothing, and takes a moment to find that out, as one that reads from a disk does.</summary>
internal sealed class ShortStayGrain : Grain, IShortStayGrain
{
    private ShortStay? _stay;

    public override async Task OnActivateAsync(CancellationToken cancellationToken) => await Task.Delay(1, cancellationToken);

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Probes.GateOf(this.GetPrimaryKeyString()).Reach();
        return Task.CompletedTask;
    }

    public Task LookAsync()
    {
        (_stay ??= new(this, () => true)).Begin();
        return Task.CompletedTask;
    }
}

public sealed class ShortStayTests(GrainHostFixture host) : IClassFixture<GrainHostFixture>
{
    private readonly string _key = $"short-stay-{Guid.NewGuid():N}";

    [Fact]
    public async Task Activation_ThatHoldsNothing_AnswersAllWhoWait_AndGoes()
    {
        var grain = host.Grains.GetGrain<IShortStayGrain>(_key);

        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => grain.LookAsync()));

        await Probes.GateOf(_key).Reached;
    }
}
