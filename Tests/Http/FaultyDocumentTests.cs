using System.Net;
using System.Text.Json.Nodes;
using Krewe.Grains.Hosts;
using Krewe.Grains.Storage;
using Krewe.Tests.Grains.Storage;
using Krewe.Tests.Support;
using Krewe.Tests.Transcripts;

namespace Krewe.Tests.Http;

/// <summary>A host whose stored document is none by the rules of this version is there, closed, and says why; the others do not notice.</summary>
public sealed class FaultyDocumentTests : IAsyncLifetime, IDisposable
{
    private const string Faulty =
        """
        { "tenant": "capulet", "once_a_key": "perhaps a secret", "hook_secret": "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz",
          "components": { "rooms.verona.example": { "type": "muc" }, "old.verona.example": { "type": "once a type", "component_secret": "hidden" } } }
        """;

    private readonly string _data = Directory.CreateTempSubdirectory("krewe-faulty-").FullName;
    private KreweServer _krewe = null!;

    public async Task InitializeAsync()
    {
        await using (var database = SqliteDatabase.Open(_data))
        {
            await new HeldState<HostState>(database, "verona.example", "settings", "host").WriteAsync(new HostState { Json = Faulty, Version = 7 });
            await new HeldState<HostState>(database, "mantua.example", "settings", "host").WriteAsync(new HostState { Json = "{}", Version = 7 });
        }

        _krewe = await KreweServer.StartAsync(configure: options => options with { Data = _data });
    }

    public async Task DisposeAsync() => await _krewe.DisposeAsync();

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task Host_IsClosed_AndSaysWhy()
    {
        var hosts = JsonNode.Parse((await _krewe.SendAsync(HttpMethod.Get, "api/v1/hosts", null)).Body)!["items"]!.AsArray();
        Assert.Equal(["mantua.example", "verona.example"], hosts.Select(host => (string)host!["host"]!));
        Assert.True((bool)hosts[0]!["enabled"]!);
        Assert.Null(hosts[0]!["reason"]);
        Assert.False((bool)hosts[1]!["enabled"]!);
        Assert.Contains("$.once_a_key", (string?)hosts[1]!["reason"], StringComparison.Ordinal);
        Assert.DoesNotContain("perhaps", (string?)hosts[1]!["reason"], StringComparison.Ordinal);

        Assert.Contains("host-gone", await AnswerAsync("verona.example"), StringComparison.Ordinal);
        Assert.DoesNotContain("host-gone", await AnswerAsync("mantua.example", untilFeatures: true), StringComparison.Ordinal);
        Assert.Contains("none by the rules of this version", Assert.Single(_krewe.Errors.Take()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_NamesEachBadPlace()
    {
        var (status, body) = await _krewe.SendAsync(HttpMethod.Get, "api/v1/hosts/verona.example/doctor", null);
        Assert.Equal(200, status);
        var items = JsonNode.Parse(body)!["items"]!.AsArray();
        Assert.Equal(
            ["$.components['old.verona.example'].type", "$.once_a_key"], items.Select(item => (string)item!["subject"]!).Order(StringComparer.Ordinal));
        Assert.All(items, item => Assert.EndsWith(": verona.example is not served until its document is mended.", (string)item!["message"]!, StringComparison.Ordinal));
        Assert.DoesNotContain("perhaps", body, StringComparison.Ordinal);
        _krewe.Errors.Take();
    }

    [Fact]
    public async Task Host_CanBeRead_WithoutWhatMightBeSecret_AndBeMended()
    {
        var (status, shown) = await _krewe.SendAsync(HttpMethod.Get, "api/v1/hosts/verona.example", null);
        Assert.Equal(200, status);
        Assert.DoesNotContain("perhaps", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("whsec_", shown, StringComparison.Ordinal);

        var mended = JsonNode.Parse(shown)!.AsObject();
        mended.Remove("once_a_key");
        mended["components"]!.AsObject().Remove("old.verona.example");
        await _krewe.PutHostAsync("verona.example", mended);

        Assert.DoesNotContain("host-gone", await AnswerAsync("verona.example", untilFeatures: true), StringComparison.Ordinal);
        Assert.Equal("whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz", (string?)JsonNode.Parse((await _krewe.SendAsync(HttpMethod.Get, "api/v1/hosts/verona.example/export?secrets=true", null)).Body)!["document"]!["hook_secret"]);
    }

    [Fact]
    public async Task Host_CanBeRemoved()
    {
        Assert.Equal(204, (await _krewe.SendAsync(HttpMethod.Delete, "api/v1/hosts/verona.example", null)).Status);
        Assert.Equal((int)HttpStatusCode.NotFound, (await _krewe.SendAsync(HttpMethod.Get, "api/v1/hosts/verona.example", null)).Status);
    }

    private async Task<string> AnswerAsync(string domain, bool untilFeatures = false)
    {
        await using var client = new XmppActor(isByteByByte: false);
        await client.ConnectAsync(_krewe.C2S);
        await client.SendAsync($"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='{domain}' version='1.0'>");
        return untilFeatures ? $"{await client.ReceiveAsync()}{await client.ReceiveAsync()}" : await client.ReceiveTextAsync();
    }
}
