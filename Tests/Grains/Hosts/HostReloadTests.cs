using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Grains.Hosts;
using Krewe.Tests.Grains.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Tests.Grains.Hosts;

/// <summary>Grains stay in memory for moments only: what a file's change comes to must not depend on whether its host's grain was there when it happened.</summary>
public sealed class HostReloadTests : IDisposable
{
    private const string Verona = "verona.example";

    private readonly DataFolder _folder = new();

    private string Hosts => Path.Combine(_folder.Path, "hosts");

    private string Document => Path.Combine(Hosts, $"{Verona}.json");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("""{ "isolate": true }""")]
    [InlineData(null)]
    public async Task File_ThatChangedWhileTheGrainWasAway_IsALaterVersion(string? after)
    {
        Directory.CreateDirectory(Hosts);
        await File.WriteAllTextAsync(Document, "{}");
        HostDocument before;
        await using (var silo = await StartAsync())
        {
            before = await silo.Grains.Host(Verona).GetAsync();
        }

        await WriteAsync(after);
        await using var later = await StartAsync();
        Assert.Equal(after, (await later.Grains.Host(Verona).GetAsync()).Json);
        var reloaded = await later.Grains.Host(Verona).ReloadAsync();

        Assert.Equal(after, reloaded.Json);
        Assert.True(reloaded.Version > before.Version);
        Assert.Equal(reloaded.Json is null ? 0 : reloaded.Version, (await later.Grains.Host(Verona).GetAsync()).Version);
    }

    [Fact]
    public async Task HostFromTheApi_WhoseFileWent_KeepsTheVersionThatItThenHas()
    {
        Directory.CreateDirectory(Hosts);
        await using (var silo = await StartAsync())
        {
            await silo.Grains.Host(Verona).PutAsync("""{"tenant":"api"}""", null, isProvider: true);
        }

        await WriteAsync("""{ "tenant": "file" }""");
        HostDocument file;
        await using (var silo = await StartAsync())
        {
            file = await silo.Grains.Host(Verona).GetAsync();
        }

        await WriteAsync(null);
        HostDocument reloaded;
        await using (var silo = await StartAsync())
        {
            reloaded = await silo.Grains.Host(Verona).ReloadAsync();
            Assert.Equal("""{"tenant":"api"}""", reloaded.Json);
            Assert.True(reloaded.Version > file.Version);
        }

        await using var last = await StartAsync();
        Assert.Equal(reloaded.Version, (await last.Grains.Host(Verona).GetAsync()).Version);
        Assert.Equal(reloaded.Version, Assert.Single(await last.Grains.Host(Verona).VersionsAsync()).Version);
    }

    private async Task WriteAsync(string? document)
    {
        if (document is null)
        {
            File.Delete(Document);
        }
        else
        {
            await File.WriteAllTextAsync(Document, document);
        }
    }

    private Task<StorageSilo> StartAsync()
    {
        var options = _folder.Options with { HostsFolder = Hosts };
        return StorageSilo.StartAsync(options, services => services.AddKreweHostFiles(options).AddSingleton<IHostSettingsSource, HostSettingsCache>());
    }
}
