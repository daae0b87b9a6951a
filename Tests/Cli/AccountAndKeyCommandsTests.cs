using Krewe.Contracts.Addressing;
using Krewe.Tests.Http;

namespace Krewe.Tests.Cli;

/// <summary><c>krewe account</c> and <c>krewe key</c> against the real API.</summary>
[Collection(ApiCollection.Name)]
public sealed class AccountAndKeyCommandsTests(ApiFixture api)
{
    private Func<string, string?> Settings => ToolRun.Settings(api.Client.BaseAddress!, ApiFixture.ProviderToken);

    [Fact]
    public async Task Password_IsAskedForTwice_AndNeverShown()
    {
        var host = await api.NewHostAsync();
        var made = await ToolRun.OfAsync(Settings, ["account", "put", host, "juliet"], answers: ["wherefore art thou", "wherefore art thou"]);
        Assert.Equal(new ToolRun(0, "created\n", $"Password for juliet@{host}: \nThe same again: \n"), made);
        Assert.Equal("changed\n", (await ToolRun.OfAsync(Settings, ["account", "put", host, $"juliet@{host}"], answers: ["other", "other"])).Output);
        Assert.Equal(1, (await ToolRun.OfAsync(Settings, ["account", "put", host, "juliet"], answers: ["one", "another"])).Code);
        Assert.Equal(2, (await RunAsync("account", "put", host, "juliet")).Code);
        Assert.True((await api.Grains.Account(Jid.Parse($"juliet@{host}")).GetAsync()).Exists);
    }

    [Fact]
    public async Task Password_ComesFromStandardInput()
    {
        var host = await api.NewHostAsync();
        Assert.Equal("created\n", (await ToolRun.OfAsync(Settings, ["account", "put", host, "juliet", "--password-stdin"], input: "secret\n")).Output);
        Assert.Equal(2, (await ToolRun.OfAsync(Settings, ["account", "put", host, "romeo", "--password-stdin"])).Code);
        Assert.Equal("created", (string?)(await ToolRun.OfAsync(Settings, ["account", "put", host, "nurse", "--password-stdin", "--disabled", "--json"], input: "secret\n")).Json["result"]);
        var listed = (await RunAsync("account", "list", host, "--json")).Json.AsArray();
        Assert.Equal([("juliet", true), ("nurse", false)], listed.Select(account => ((string)account!["localpart"]!, (bool)account["enabled"]!)));
    }

    [Theory]
    [InlineData("""{"SCRAM-SHA-1":KEYS}""", 0, "")]
    [InlineData("""{"scram":{"SCRAM-SHA-1":KEYS}}""", 0, "")]
    [InlineData("""{"SCRAM-SHA-1":{"salt":"","iterations":1,"stored_key":"","server_key":""}}""", 1, "$.scram['SCRAM-SHA-1'].salt: ")]
    [InlineData("[]", 1, "is no JSON object")]
    [InlineData("{", 1, "is not JSON: line 1, byte 2")]
    public async Task ScramKeys_ComeFromAFile(string content, int code, string error)
    {
        var (host, file) = (await api.NewHostAsync(), Path.GetTempFileName());
        const string Keys = """{"salt":"c2FsdA==","iterations":4096,"stored_key":"AAAAAAAAAAAAAAAAAAAAAAAAAAA=","server_key":"AAAAAAAAAAAAAAAAAAAAAAAAAAA="}""";
        await File.WriteAllTextAsync(file, content.Replace("KEYS", Keys, StringComparison.Ordinal));
        var run = await RunAsync("account", "put", host, "juliet", "--scram", file);
        File.Delete(file);
        Assert.Equal((code, code == 0 ? "created\n" : ""), (run.Code, run.Output));
        Assert.Contains(error, run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Account_IsDisabledEnabledAndDeleted()
    {
        var host = await api.NewHostAsync();
        await ToolRun.OfAsync(Settings, ["account", "put", host, "juliet", "--password-stdin"], input: "secret");
        Assert.Equal(new ToolRun(0, "disabled\n", ""), await RunAsync("account", "disable", host, "juliet"));
        Assert.False((await api.Grains.Account(Jid.Parse($"juliet@{host}")).GetAsync()).IsEnabled);
        Assert.Equal(new ToolRun(0, "enabled\n", ""), await RunAsync("account", "enable", host, "juliet"));
        Assert.True((await api.Grains.Account(Jid.Parse($"juliet@{host}")).GetAsync()).IsEnabled);
        Assert.Equal(new ToolRun(0, "deleted\n", ""), await RunAsync("account", "delete", host, "juliet"));
        Assert.Equal(new ToolRun(1, "", "There is no such account. (HTTP 404)\n"), await RunAsync("account", "delete", host, "juliet"));
        Assert.Equal(1, (await RunAsync("account", "enable", host, "juliet")).Code);
    }

    [Fact]
    public async Task Key_IsMadeShownOnceListedAndDeleted()
    {
        var host = await api.NewHostAsync();
        var made = await RunAsync("key", "create", host, "--name", "the application", "--scope", "accounts", "--scope", "settings", "--expires", "90d");
        Assert.Equal(0, made.Code);
        Assert.EndsWith("; it is not shown again\n", made.Errors, StringComparison.Ordinal);
        Assert.Equal(0, (await ToolRun.OfAsync(api.Client.BaseAddress!, made.Output.Trim(), "account", "list", host)).Code);
        Assert.Equal(1, (await ToolRun.OfAsync(api.Client.BaseAddress!, made.Output.Trim(), "host", "list")).Code);

        var listed = (await RunAsync("key", "list", host, "--json")).Json.AsArray();
        var key = Assert.Single(listed)!;
        Assert.Equal("the application", (string?)key["name"]);
        Assert.InRange((DateTimeOffset)key["expires_at"]! - DateTimeOffset.UtcNow, TimeSpan.FromDays(89), TimeSpan.FromDays(90));
        Assert.Null(key["key"]);
        Assert.Contains("the application", (await RunAsync("key", "list", host)).Output, StringComparison.Ordinal);
        Assert.Equal(new ToolRun(0, "deleted\n", ""), await RunAsync("key", "delete", host, (string)key["id"]!));
        Assert.Equal(1, (await ToolRun.OfAsync(api.Client.BaseAddress!, made.Output.Trim(), "account", "list", host)).Code);
        Assert.Equal("[]\n", (await RunAsync("key", "list", host, "--json")).Output);

        var json = await RunAsync("key", "create", host, "--name", "other", "--scope", "muc", "--expires", "2050-01-31T00:00:00Z", "--json");
        Assert.Equal("", json.Errors);
        Assert.StartsWith("krewe.", (string?)json.Json["key"], StringComparison.Ordinal);
        Assert.Equal(DateTimeOffset.Parse("2050-01-31T00:00:00Z", System.Globalization.CultureInfo.InvariantCulture), (DateTimeOffset)json.Json["expires_at"]!);
    }

    private Task<ToolRun> RunAsync(params string[] args) => ToolRun.OfAsync(api, args);
}
