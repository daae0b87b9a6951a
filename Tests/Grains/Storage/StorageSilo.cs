using Krewe.Contracts.Hosting;
using Krewe.Grains.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Tests.Grains.Storage;

/// <summary>A silo with the storage and only what a test adds of the service, on whichever grain host the tests were built for.</summary>
internal sealed partial class StorageSilo : IAsyncDisposable
{
    public partial IGrainFactory Grains { get; }

    public partial IServiceProvider Services { get; }

    public static partial Task<StorageSilo> StartAsync(KreweOptions options, Action<IServiceCollection>? addServices = null);

    public partial ValueTask DisposeAsync();

    private static void Configure(ISiloBuilder silo, KreweOptions options, Action<IServiceCollection>? addServices)
    {
        silo.Services.AddKreweStorage(options);
        addServices?.Invoke(silo.Services);
    }
}
