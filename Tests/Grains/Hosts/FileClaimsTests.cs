using System.Text;
using Krewe.Grains.Hosts;
using Krewe.Tests.Grains.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Tests.Grains.Hosts;

/// <summary>Which component domains the folder of host documents claims, and for whom.</summary>
public sealed class FileClaimsTests : IDisposable, ILogger<HostFiles>
{
    private const string Rooms = "rooms.example";

    private readonly DataFolder _folder = new();
    private readonly List<string> _logged = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Component_IsTheOrdinallyFirstFiles_UnlessItIsAHost()
    {
        Write("b.example", Rooms, "of-b.example", "host.example");
        Write("a.example", "Rooms.Example");
        Write("c.example", Rooms);
        Write("host.example");
        var files = new HostFiles(_folder.Path, TimeProvider.System, this);

        Assert.Equal(("a.example", "b.example", null), (files.OwnerOf(Rooms), files.OwnerOf("of-b.example"), files.OwnerOf("host.example")));
        Assert.True(files.IsHost("host.example"));
        Assert.False(files.IsHost(Rooms));
        Assert.Equal(3, _logged.Count);
        Assert.Single(_logged, line => line.Contains("host.example", StringComparison.Ordinal) && line.Contains("b.example", StringComparison.Ordinal));

        files.Rescan();
        Assert.Equal(3, _logged.Count);
    }

    [Fact]
    public void Rescan_TellsWhoseComponentsAreOthers()
    {
        Write("b.example", Rooms);
        var files = new HostFiles(_folder.Path, TimeProvider.System, this);

        Write("a.example", Rooms);
        Write("c.example");
        var came = files.Rescan();
        Assert.Equal(["a.example", "b.example", "c.example"], came.Hosts.Order());
        Assert.Equal(["a.example", "c.example", Rooms], came.Domains.Order());
        Assert.Equal("a.example", files.OwnerOf(Rooms));

        File.Delete(PathOf("a.example"));
        var went = files.Rescan();
        Assert.Equal(["a.example", "b.example"], went.Hosts.Order());
        Assert.Equal(["a.example", Rooms], went.Domains.Order());
        Assert.Equal("b.example", files.OwnerOf(Rooms));
        Assert.Equal((0, 0), (files.Rescan().Hosts.Length, files.Rescan().Domains.Length));
    }

    [Fact]
    public void File_ThatTurnsBad_KeepsItsClaims_AndOneThatIsMendedHasOthers()
    {
        Write("a.example", Rooms);
        var files = new HostFiles(_folder.Path, TimeProvider.System, this);

        File.WriteAllText(PathOf("a.example"), """{ "components": { "other.example": 5 } }""");
        files.Rescan();
        Assert.Equal("a.example", files.OwnerOf(Rooms));

        Write("a.example", "other.example");
        files.Rescan();
        Assert.Equal((null, "a.example"), (files.OwnerOf(Rooms), files.OwnerOf("other.example")));
    }

    [Fact]
    public void Documents_InWhateverWayTheyAreWritten_ClaimTheSame()
    {
        var text = Document(Rooms);
        foreach (var bytes in new[]
        {
            Encoding.UTF8.GetBytes(text), [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(text)], [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes(text)],
            Encoding.UTF8.GetBytes(text.Replace("components", "\\u0063omponents", StringComparison.Ordinal)),
        })
        {
            File.WriteAllBytes(PathOf("a.example"), bytes);

            Assert.Equal("a.example", new HostFiles(_folder.Path, TimeProvider.System, NullLogger<HostFiles>.Instance).OwnerOf(Rooms));
        }
    }

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _logged.Add(formatter(state, exception));

    private static string Document(params string[] components) =>
        $$"""{ "components": { {{string.Join(", ", components.Select(domain => $$"""  "{{domain}}": { "type": "muc" }  """))}} } }""";

    private string PathOf(string host) => Path.Combine(_folder.Path, $"{host}.json");

    private void Write(string host, params string[] components) => File.WriteAllText(PathOf(host), Document(components));
}
