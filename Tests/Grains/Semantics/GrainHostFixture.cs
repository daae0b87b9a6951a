using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Runtime.Hosting;

namespace Krewe.Tests.Grains.Semantics;

/// <summary>A running grain host of whichever kind the build is for; the other part of this class, in two files, is all that knows which.</summary>
public sealed partial class GrainHostFixture : IAsyncLifetime, IAsyncDisposable
{
    /// <summary>What a call of these tests may take, unless its method says otherwise.</summary>
    public static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(20);

    public IClusterClient Grains { get; private set; } = null!;

    internal VersionedStorage Storage { get; } = new();

    async Task IAsyncLifetime.InitializeAsync() => await StartAsync(ConfigureDefaults);

    async Task IAsyncLifetime.DisposeAsync() => await DisposeAsync();

    /// <summary>A host of a test's own.</summary>
    public static async Task<GrainHostFixture> CreateAsync(Action<ISiloBuilder> configure)
    {
        var host = new GrainHostFixture();
        await host.StartAsync(silo =>
        {
            host.ConfigureDefaults(silo);
            configure(silo);
        });
        return host;
    }

    private void ConfigureDefaults(ISiloBuilder silo)
    {
        silo.AddMemoryGrainStorage("memory");
        silo.Services.AddGrainStorage("versioned", (_, _) => Storage);
        silo.Services.Configure<SiloMessagingOptions>(options => options.ResponseTimeout = ResponseTimeout);
    }
}
