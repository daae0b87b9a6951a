using System.Diagnostics;
using System.Formats.Tar;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Krewe.Cli;
using Krewe.Grains.Storage;
using Krewe.Tests.Grains.Storage;
using Krewe.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Tests.Http;

/// <summary>A backup of a running service, and a service out of it.</summary>
public sealed class BackupEndpointsTests : IAsyncLifetime, IDisposable
{
    private const string Domain = "verona.example";

    private readonly string _root = Directory.CreateTempSubdirectory("krewe-backup-").FullName;
    private KreweServer _krewe = null!;

    private string Data => Path.Combine(_root, "data");

    public async Task InitializeAsync()
    {
        _krewe = await KreweServer.StartAsync(configure: options => options with { Data = Data });
        await _krewe.PutHostAsync(Domain, new JsonObject { ["hook_secret"] = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz" });
        await _krewe.PutAccountAsync(Domain, "juliet");
    }

    public async Task DisposeAsync() => await _krewe.DisposeAsync();

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task Backup_Restored_IsTheServiceAsItWas()
    {
        var certificate = await CertificateAsync(_krewe);
        var archive = await BackUpAsync();

        // What came later is not in it.
        await _krewe.PutHostAsync("later.example", new JsonObject());
        var restored = Path.Combine(_root, "restored");
        await BackupArchive.RestoreAsync(new MemoryStream(archive), restored);

        Assert.Equal(["certificates", "krewe.db"], Directory.GetFileSystemEntries(restored).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        if (!OperatingSystem.IsWindows())
        {
            foreach (var file in Directory.GetFiles(restored, "*", SearchOption.AllDirectories))
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            }
        }

        var second = await KreweServer.StartAsync(configure: options => options with { Data = restored });
        await using (second)
        {
            Assert.Equal(200, (await second.SendAsync(HttpMethod.Get, $"api/v1/hosts/{Domain}/accounts/juliet", null)).Status);
            Assert.Equal(404, (await second.SendAsync(HttpMethod.Get, "api/v1/hosts/later.example", null)).Status);
            Assert.Equal(certificate, await CertificateAsync(second));
        }
    }

    [Fact]
    public async Task Backup_IsReadByTheUsualTools()
    {
        var file = Path.Combine(_root, "backup.tar");
        await File.WriteAllBytesAsync(file, await BackUpAsync());
        var folder = Directory.CreateDirectory(Path.Combine(_root, "unpacked")).FullName;
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", $"tar -xf '{file}' && sha256sum -c SHA256SUMS"]) { WorkingDirectory = folder, RedirectStandardOutput = true })!;
        var output = await shell.StandardOutput.ReadToEndAsync();
        await shell.WaitForExitAsync();

        Assert.True(shell.ExitCode == 0, output);
        Assert.Contains("krewe.db: OK", output, StringComparison.Ordinal);

        // Nobody rules the service with it.
        Assert.DoesNotContain(KreweServer.AdminToken, string.Concat(Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Select(File.ReadAllText)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Backup_OneAtATime_AndOneThatIsGivenUpIsInNobodysWay()
    {
        // More than sockets hold, so that the first waits for its reader.
        var database = _krewe.Services.GetRequiredService<SqliteDatabase>();
        await Task.WhenAll(Enumerable.Range(0, 24).Select(i => new HeldState<SampleState>(database, $"{i}").WriteAsync(new() { Text = new string('x', 1_000_000) })));

        using (var first = await _krewe.Http.GetAsync("api/v1/backup", HttpCompletionOption.ResponseHeadersRead))
        {
            Assert.Equal("application/x-tar", first.Content.Headers.ContentType?.MediaType);
            using var second = await _krewe.Http.GetAsync("api/v1/backup");
            await ApiFixture.AssertProblemAsync(second, HttpStatusCode.Conflict);
        }

        var (status, deadline) = (HttpStatusCode.Conflict, Stopwatch.StartNew());
        while (status == HttpStatusCode.Conflict && deadline.Elapsed < Timeouts.Test)
        {
            using var next = await _krewe.Http.GetAsync("api/v1/backup");
            status = next.StatusCode;
        }

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Empty(Directory.GetFiles(Data, "*.unfinished*"));
    }

    [Fact]
    public async Task Backup_IsTheProvidersAlone()
    {
        var made = JsonNode.Parse((await _krewe.SendAsync(HttpMethod.Post, $"api/v1/hosts/{Domain}/keys", """{ "name": "x", "scopes": ["settings"] }""")).Body)!;
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/v1/backup");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", (string)made["key"]!);
        using var refused = await _krewe.Http.SendAsync(request);
        await ApiFixture.AssertProblemAsync(refused, HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Archive_CutOffAnywhere_IsRefused_AndLeavesNothing()
    {
        var archive = await BackUpAsync();
        Assert.Equal(2, await BackupArchive.CheckAsync(new MemoryStream(archive)));
        var target = Path.Combine(_root, "cut off");
        var end = Encoding.ASCII.GetString(archive).LastIndexOf("krewe.db\n", StringComparison.Ordinal);
        foreach (var length in Enumerable.Range(0, 41).Select(i => (int)(end * (i / 40.0))))
        {
            await Assert.ThrowsAsync<BackupException>(() => BackupArchive.CheckAsync(new MemoryStream(archive, 0, length)));
            await Assert.ThrowsAsync<BackupException>(() => BackupArchive.RestoreAsync(new MemoryStream(archive, 0, length), target));
        }

        Assert.False(Directory.Exists(target));
        Assert.DoesNotContain(Directory.GetDirectories(_root), path => path.Contains("restoring", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Archive_WithAnotherByte_IsRefused()
    {
        var archive = await BackUpAsync();
        archive[archive.Length / 2] ^= 1;
        await Assert.ThrowsAsync<BackupException>(() => BackupArchive.CheckAsync(new MemoryStream(archive)));
    }

    [Theory]
    [InlineData("../escaped", TarEntryType.RegularFile)]
    [InlineData("/escaped", TarEntryType.RegularFile)]
    [InlineData("a/b/c", TarEntryType.RegularFile)]
    [InlineData("certificates", TarEntryType.Directory)]
    [InlineData("krewe.db", TarEntryType.SymbolicLink)]
    public async Task Archive_WithWhatIsNoFileOfAFolder_IsRefused(string name, TarEntryType type)
    {
        using var archive = new MemoryStream();
        await using (var writer = new TarWriter(archive, leaveOpen: true))
        {
            await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, "krewe-backup.json") { DataStream = new MemoryStream("{\"format\":\"krewe-backup\",\"version\":1}"u8.ToArray()) });
            var entry = new PaxTarEntry(type, name);
            if (type == TarEntryType.SymbolicLink)
            {
                entry.LinkName = "/etc/passwd";
            }

            await writer.WriteEntryAsync(entry);
        }

        archive.Position = 0;
        var refusal = await Assert.ThrowsAsync<BackupException>(() => BackupArchive.RestoreAsync(archive, Path.Combine(_root, "target")));
        Assert.Contains(name, refusal.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_root, "target")));
    }

    [Fact]
    public async Task Restore_IntoAFolderWithSomethingInIt_IsRefused()
    {
        var archive = await BackUpAsync();
        var refusal = await Assert.ThrowsAsync<BackupException>(() => BackupArchive.RestoreAsync(new MemoryStream(archive), Data));
        Assert.Contains("not empty", refusal.Message, StringComparison.Ordinal);

        // An empty one is taken.
        var empty = Directory.CreateDirectory(Path.Combine(_root, "empty")).FullName;
        await BackupArchive.RestoreAsync(new MemoryStream(archive), empty);
        Assert.True(File.Exists(Path.Combine(empty, "krewe.db")));
    }

    private async Task<byte[]> BackUpAsync()
    {
        using var answer = await _krewe.Http.GetAsync("api/v1/backup").WaitAsync(Timeouts.Test);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.StartsWith("krewe-", answer.Content.Headers.ContentDisposition?.FileName?.Trim('"'), StringComparison.Ordinal);
        return await answer.Content.ReadAsByteArrayAsync();
    }

    private static async Task<string> CertificateAsync(KreweServer krewe) =>
        (string)JsonNode.Parse((await krewe.SendAsync(HttpMethod.Get, $"api/v1/hosts/{Domain}/certificate", null)).Body)!["fingerprint"]!;
}

/// <summary>Where the state is in a database of its own, there is nothing to back up here.</summary>
[Collection(ApiCollection.Name)]
public sealed class BackupWithoutAStoreTests(ApiFixture api)
{
    [Fact]
    public async Task Backup_OfAStoreThatHasBackupsOfItsOwn_IsNotImplemented()
    {
        using var answer = await api.SendAsync(HttpMethod.Get, "/api/v1/backup");
        await ApiFixture.AssertProblemAsync(answer, HttpStatusCode.NotImplemented);
    }
}
