using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosting;
using Krewe.Contracts.Hosts;
using Krewe.Grains.Hosts;
using Krewe.Tests.Grains.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Tests.Grains.Hosts;

/// <summary>A host that is being erased is closed, on disk, whatever its document says and wherever that is from.</summary>
public sealed class HostErasureTests : IAsyncLifetime, IDisposable
{
    private readonly DataFolder _folder = new();
    private StorageSilo _silo = null!;

    private IHostGrain Host => _silo.Grains.Host("verona.example");

    private KreweOptions Options => _folder.Options with { HostsFolder = Path.Combine(_folder.Path, "hosts") };

    public Task InitializeAsync()
    {
        Directory.CreateDirectory(Options.HostsFolder!);
        return StartAsync();
    }

    public async Task DisposeAsync() => await _silo.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Erasure_ClosesTheHost_OverARestart_UntilItEnds(bool isFile)
    {
        if (isFile)
        {
            await File.WriteAllTextAsync(Path.Combine(Options.HostsFolder!, "verona.example.json"), """{ "tenant": "capulet" }""");
            await RestartAsync();
        }
        else
        {
            await Host.PutAsync("""{ "tenant": "capulet" }""", null, isProvider: true);
        }

        var before = await Host.GetAsync();
        Assert.False(before.IsErasing);
        var closed = (await Host.BeginErasureAsync())!;
        Assert.True(closed.IsErasing);
        Assert.NotNull(closed.ErasedAt);
        Assert.True(closed.Version > before.Version);
        Assert.Equal(before.Json, closed.Json);

        await RestartAsync();
        var after = await Host.GetAsync();
        Assert.Equal((true, closed.ErasedAt), (after.IsErasing, after.ErasedAt));
        Assert.True(after.Version >= closed.Version);

        var open = (await Host.EndErasureAsync())!;
        Assert.False(open.IsErasing);
        Assert.True(open.Version > after.Version);
        await RestartAsync();
        Assert.False((await Host.GetAsync()).IsErasing);
    }

    [Fact]
    public async Task Document_MayChangeMeanwhile_AndTheHostStaysClosed()
    {
        await Host.PutAsync("{}", null, isProvider: true);
        await Host.BeginErasureAsync();

        Assert.Equal(HostChangeOutcome.Replaced, (await Host.PutAsync("""{ "isolate": true }""", null, isProvider: true)).Outcome);

        Assert.True((await Host.GetAsync()).IsErasing);
        await Host.DeleteAsync();
        await Host.PutAsync("{}", null, isProvider: true);
        Assert.False((await Host.GetAsync()).IsErasing);
    }

    [Fact]
    public async Task Erasure_OfNoHost_IsNone()
    {
        Assert.Null(await Host.BeginErasureAsync());
        Assert.Null(await Host.EndErasureAsync());
        Assert.Equal(0L, _folder.Scalar("SELECT count(*) FROM grain_state"));
    }

    private async Task RestartAsync()
    {
        await _silo.DisposeAsync();
        await StartAsync();
    }

    private async Task StartAsync() => _silo = await StorageSilo.StartAsync(
        Options, services => services.AddKreweHostFiles(Options).AddSingleton<IHostSettingsSource, HostSettingsCache>());
}
