using Krewe.Contracts.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Krewe.Tests.Grains.Storage;

internal sealed partial class StorageSilo
{
    private readonly IHost _host;

    private StorageSilo(IHost host) => _host = host;

    public partial IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    public partial IServiceProvider Services => _host.Services;

    public static async partial Task<StorageSilo> StartAsync(KreweOptions options, Action<IServiceCollection>? addServices)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleans(silo => Configure(silo, options, addServices));
        var host = builder.Build();
        try
        {
            await host.StartAsync();
        }
        catch
        {
            host.Dispose();
            throw;
        }

        return new(host);
    }

    public async partial ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }
}
