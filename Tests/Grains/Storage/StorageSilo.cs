using Krewe.Contracts.Hosting;
using Krewe.Grains.Storage;

namespace Krewe.Tests.Grains.Storage;

/// <summary>A silo with the storage and nothing else of the service, on whichever grain host the tests were built for.</summary>
internal sealed partial class StorageSilo : IAsyncDisposable
{
    public partial IGrainFactory Grains { get; }

    public partial IServiceProvider Services { get; }

    public static partial Task<StorageSilo> StartAsync(KreweOptions options);

    public partial ValueTask DisposeAsync();

    private static void Configure(ISiloBuilder silo, KreweOptions options) => silo.Services.AddKreweStorage(options);
}
