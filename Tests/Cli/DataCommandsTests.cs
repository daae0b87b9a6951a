using System.Text.Json.Nodes;
using Krewe.Grains.Storage;
using Krewe.Tests.Support;

namespace Krewe.Tests.Cli;

/// <summary>Certificates, exports, erasures and backups by the tool, against a whole server and its data folder.</summary>
public sealed class DataCommandsTests : IAsyncLifetime
{
    private const string Host = "verona.example";

    private readonly string _root = Directory.CreateTempSubdirectory("krewe-tool-").FullName;
    private KreweServer _krewe = null!;

    private string Data => Path.Combine(_root, "data");

    public async Task InitializeAsync()
    {
        _krewe = await KreweServer.StartAsync(configure: options => options with { Data = Data });
        await _krewe.PutHostAsync(Host, new JsonObject { ["hook_secret"] = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz" });
        await _krewe.PutAccountAsync(Host, "juliet");
        await _krewe.PutAccountAsync(Host, "romeo");
    }

    public async Task DisposeAsync()
    {
        await _krewe.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task Certificate_IsPutShownAndDeleted()
    {
        using var authority = new TestAuthority();
        var issued = authority.Issue([Host]);
        var (chain, key) = (Path.Combine(_root, "fullchain.pem"), Path.Combine(_root, "privkey.pem"));
        await File.WriteAllTextAsync(chain, issued.Chain);
        await File.WriteAllTextAsync(key, issued.Key);

        Assert.Matches("(?m)^source +self-signed$", (await RunAsync("cert", "show", Host)).Output);
        Assert.Equal(new ToolRun(0, "put\n", ""), await RunAsync("cert", "put", Host, "--chain", chain, "--key", key));
        Assert.Equal(issued.Fingerprint, (string?)(await RunAsync("cert", "show", Host, "--json")).Json["fingerprint"]);
        Assert.Contains("ok    certificate: Clients are shown a certificate for verona.example that is valid until", (await RunAsync("doctor", Host)).Output, StringComparison.Ordinal);

        await File.WriteAllTextAsync(chain, authority.Issue(["elsewhere.example"]).Chain);
        var refused = await RunAsync("cert", "put", Host, "--chain", chain, "--key", key);
        Assert.Equal((1, ""), (refused.Code, refused.Output));
        Assert.Contains("HTTP 422", refused.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE", refused.Errors, StringComparison.Ordinal);
        Assert.Equal(new ToolRun(0, "deleted\n", ""), await RunAsync("cert", "delete", Host));
        Assert.Equal(1, (await RunAsync("cert", "delete", Host)).Code);
    }

    [Fact]
    public async Task Host_IsExportedAndErased()
    {
        var file = Path.Combine(_root, "export.json");
        Assert.Equal(new ToolRun(0, "exported\n", ""), await RunAsync("host", "export", Host, file));
        var export = JsonNode.Parse(await File.ReadAllTextAsync(file))!;
        Assert.Equal(["juliet", "romeo"], export["accounts"]!.AsArray().Select(account => (string?)account!["localpart"]));
        Assert.DoesNotContain("whsec_", export.ToJsonString(), StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }

        Assert.Equal(new ToolRun(1, "", $"{file} is there already\n"), await RunAsync("host", "export", Host, file));
        var complete = Path.Combine(_root, "complete.json");
        Assert.Equal(complete, (string?)(await RunAsync("host", "export", Host, complete, "--secrets", "--json")).Json["file"]);
        Assert.Contains("whsec_", await File.ReadAllTextAsync(complete), StringComparison.Ordinal);
        Assert.Equal(1, (await RunAsync("host", "export", "nowhere.example", Path.Combine(_root, "none.json"))).Code);
        Assert.False(File.Exists(Path.Combine(_root, "none.json")));

        Assert.Equal(2, (await RunAsync("host", "erase", Host)).Code);
        Assert.Equal(1, (int?)(await RunAsync("host", "erase", Host, "--user", $"romeo@{Host}", "--yes", "--json")).Json["accounts"]);
        Assert.Equal(["juliet"], (await RunAsync("account", "list", Host, "--json")).Json.AsArray().Select(account => (string?)account!["localpart"]));
        Assert.Equal(new ToolRun(0, "erased\n", ""), await RunAsync("host", "erase", Host, "--yes"));
        Assert.Equal("[]\n", (await RunAsync("account", "list", Host, "--json")).Output);
        Assert.Equal(0, (await RunAsync("host", "get", Host)).Code);
    }

    [Fact]
    public async Task Backup_IsWrittenWhileItRuns_AndRestoredIntoANewFolder()
    {
        var (file, folder) = (Path.Combine(_root, "krewe.tar"), Path.Combine(_root, "restored"));
        Assert.Equal(new ToolRun(0, "written\n", ""), await RunAsync("backup", file));
        Assert.Equal(new ToolRun(1, "", $"{file} is there already\n"), await RunAsync("backup", file));

        var busy = await OfflineAsync("restore", file, "--data", Data);
        Assert.Equal(new ToolRun(1, "", $"a server runs on {Data}: stop it first, and restore into an empty folder\n"), busy);
        Assert.Equal(new ToolRun(0, "restored\n", ""), await OfflineAsync("restore", file, "--data", folder));
        var second = await OfflineAsync("restore", file, "--data", folder);
        Assert.Equal(1, second.Code);
        Assert.Contains("is not empty", second.Errors, StringComparison.Ordinal);

        var again = await KreweServer.StartAsync(configure: options => options with { Data = folder });
        await using (again)
        {
            Assert.Equal(200, (await again.SendAsync(HttpMethod.Get, $"api/v1/hosts/{Host}/accounts/juliet", null)).Status);
        }
    }

    [Fact]
    public async Task Backup_ThatIsDamagedOrCutOff_IsNotRestored_AndLeavesNothing()
    {
        var (file, folder) = (Path.Combine(_root, "krewe.tar"), Path.Combine(_root, "restored"));
        await RunAsync("backup", file);
        var bytes = await File.ReadAllBytesAsync(file);
        foreach (var bad in new[] { bytes[..(bytes.Length / 2)], [.. bytes.Select((octet, i) => i == bytes.Length / 2 ? (byte)~octet : octet)], "no tar"u8.ToArray() })
        {
            await File.WriteAllBytesAsync(file, bad);
            var run = await OfflineAsync("restore", file, "--data", folder);
            Assert.Equal((1, ""), (run.Code, run.Output));
            Assert.StartsWith($"{file} is not restored: ", run.Errors, StringComparison.Ordinal);
            Assert.False(Directory.Exists(folder));
        }

        Assert.Equal(1, (await OfflineAsync("restore", "/no/such/file", "--data", folder)).Code);
        Assert.Equal(2, (await OfflineAsync("restore", file)).Code);
    }

    [Fact]
    public async Task Folder_ThatIsHeld_IsNotTouched()
    {
        // Without a server's files in it: the lock alone says that one is about to be there.
        var folder = Path.Combine(_root, "held");
        var file = Path.Combine(_root, "krewe.tar");
        await RunAsync("backup", file);
        using (DataFolderLock.Take(folder))
        {
            Assert.StartsWith($"a server runs on {folder}", (await OfflineAsync("restore", file, "--data", folder)).Errors, StringComparison.Ordinal);
        }
    }

    private Task<ToolRun> RunAsync(params string[] args) => ToolRun.OfAsync(_krewe.Http.BaseAddress!, KreweServer.AdminToken, args);

    /// <summary>Without a server, and without a token.</summary>
    private static Task<ToolRun> OfflineAsync(params string[] args) => ToolRun.OfAsync(_ => null, args);
}
