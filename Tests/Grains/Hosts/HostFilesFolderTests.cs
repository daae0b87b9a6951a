using Krewe.Grains.Hosts;
using Krewe.Tests.Grains.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Tests.Grains.Hosts;

/// <summary>The folder of host documents: which files count, and what its absence means.</summary>
public sealed class HostFilesFolderTests : IDisposable, ILogger<HostFiles>
{
    private readonly DataFolder _folder = new();
    private readonly List<string> _logged = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Files_AreHostsByThePreparedName()
    {
        Write("Verona.Localhost.json", """{ "tenant": "first" }""");
        Write("verona.localhost.json", """{ "tenant": "second" }""");
        Write("not a domain.json", "{}");
        Write("elsinore.localhost.txt", "{}");
        Write(".hidden.json", "{}");
        var files = new HostFiles(_folder.Path, TimeProvider.System, this);

        Assert.Equal("verona.localhost", Assert.Single(files.Domains));
        Assert.Contains("first", (await files.ReadAsync("verona.localhost"))!.Json, StringComparison.Ordinal);
        Assert.Null(await files.ReadAsync("elsinore.localhost"));
        Assert.Equal(2, _logged.Count(line => line.Contains("left out", StringComparison.Ordinal)));

        Assert.Empty(files.Rescan().Hosts);
        Assert.Equal(2, _logged.Count);
    }

    [Fact]
    public async Task BadFile_IsLoggedWithEveryBadPathAndOnce()
    {
        Write("verona.localhost.json", """{ "tennant": "x", "limits": { "foo": 1 } }""");
        var files = new HostFiles(_folder.Path, TimeProvider.System, this);

        Assert.Null((await files.ReadAsync("verona.localhost"))!.Json);
        Assert.Null((await files.ReadAsync("verona.localhost"))!.Json);

        var line = Assert.Single(_logged);
        Assert.Contains("$.tennant", line, StringComparison.Ordinal);
        Assert.Contains("$.limits.foo", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rescan_TellsWhatCameChangedAndWent()
    {
        Write("a.example.json", "{}");
        Write("b.example.json", "{}");
        Write("c.example.json", "{}");
        var files = new HostFiles(_folder.Path, TimeProvider.System, NullLogger<HostFiles>.Instance);
        var before = await files.ReadAsync("b.example");

        File.Delete(PathOf("a.example.json"));
        Write("b.example.json", """{ "isolate": true }""");
        Write("d.example.json", "{}");

        Assert.Equal(["a.example", "b.example", "d.example"], files.Rescan().Hosts.Order());
        Assert.True((await files.ReadAsync("b.example"))!.Version > before!.Version);
        Assert.Equal(["b.example", "c.example", "d.example"], files.Domains.AsEnumerable());
    }

    [Fact]
    public async Task File_WrittenAgainWithTheSameContent_IsNoChangeOfTheHost()
    {
        Write("a.example.json", "{}");
        var files = new HostFiles(_folder.Path, TimeProvider.System, NullLogger<HostFiles>.Instance);
        var before = await files.ReadAsync("a.example");

        File.SetLastWriteTimeUtc(PathOf("a.example.json"), DateTime.UtcNow.AddMinutes(1));

        Assert.Equal("a.example", Assert.Single(files.Rescan().Hosts));
        Assert.Same(before, await files.ReadAsync("a.example"));
    }

    [Fact]
    public async Task File_BehindALink_IsFollowedWhenTheLinkIsTurned()
    {
        Write("one", """{ "tenant": "one" }""");
        Write("two", """{ "tenant": "two, which is longer" }""");
        File.CreateSymbolicLink(PathOf("a.example.json"), PathOf("one"));
        var files = new HostFiles(_folder.Path, TimeProvider.System, NullLogger<HostFiles>.Instance);
        Assert.Contains("one", (await files.ReadAsync("a.example"))!.Json, StringComparison.Ordinal);

        File.Delete(PathOf("a.example.json"));
        File.CreateSymbolicLink(PathOf("a.example.json"), PathOf("two"));

        Assert.Equal("a.example", Assert.Single(files.Rescan().Hosts));
        Assert.Contains("two", (await files.ReadAsync("a.example"))!.Json, StringComparison.Ordinal);
    }

    [Fact]
    public void Folder_ThatIsAway_LeavesTheHostsAsTheyAre()
    {
        var folder = PathOf("hosts");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "a.example.json"), "{}");
        var files = new HostFiles(folder, TimeProvider.System, this);

        Directory.Move(folder, PathOf("away"));
        Assert.Empty(files.Rescan().Hosts);
        Assert.Empty(files.Rescan().Hosts);

        Assert.Equal("a.example", Assert.Single(files.Domains));
        Assert.Single(_logged);
    }

    [Fact]
    public void NoFolder_IsNoHosts() => Assert.Empty(new HostFiles(null, TimeProvider.System, NullLogger<HostFiles>.Instance).Domains);

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _logged.Add(formatter(state, exception));

    private string PathOf(string name) => Path.Combine(_folder.Path, name);

    private void Write(string name, string text) => File.WriteAllText(PathOf(name), text);
}
