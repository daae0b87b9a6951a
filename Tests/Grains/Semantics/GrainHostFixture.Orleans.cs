using Orleans.TestingHost;

namespace Krewe.Tests.Grains.Semantics;

public sealed partial class GrainHostFixture
{
    private InProcessTestCluster? _cluster;

    public ValueTask DisposeAsync() => new(StopAsync());

    private async Task StartAsync(Action<ISiloBuilder> configure)
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) => configure(silo));
        _cluster = builder.Build();
        await _cluster.DeployAsync();
        Grains = _cluster.Client;
    }

    private async Task StopAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.StopAllSilosAsync();
            await _cluster.DisposeAsync();
        }
    }
}
