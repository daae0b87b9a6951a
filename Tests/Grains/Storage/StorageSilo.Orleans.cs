using Krewe.Contracts.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;

namespace Krewe.Tests.Grains.Storage;

internal sealed partial class StorageSilo
{
    private readonly InProcessTestCluster _cluster;

    private StorageSilo(InProcessTestCluster cluster) => _cluster = cluster;

    public partial IGrainFactory Grains => _cluster.Client;

    public partial IServiceProvider Services => _cluster.GetSiloServiceProvider();

    public static async partial Task<StorageSilo> StartAsync(KreweOptions options, Action<IServiceCollection>? addServices)
    {
        var builder = new InProcessTestClusterBuilder(initialSilosCount: 1);
        builder.ConfigureSilo((_, silo) => Configure(silo, options, addServices));
        var cluster = builder.Build();
        try
        {
            await cluster.DeployAsync();
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }

        return new(cluster);
    }

    public async partial ValueTask DisposeAsync()
    {
        await _cluster.StopAllSilosAsync();
        await _cluster.DisposeAsync();
    }
}
