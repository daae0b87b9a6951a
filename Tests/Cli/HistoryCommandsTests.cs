using System.Globalization;
using Krewe.Tests.Http;

namespace Krewe.Tests.Cli;

/// <summary>The history of a host's document, the provider's defaults, suspension, tenants' keys and the audit log, by the tool.</summary>
[Collection(ApiCollection.Name)]
public sealed class HistoryCommandsTests(ApiFixture api)
{
    [Fact]
    public async Task Versions_AreListedShownComparedAndRestored()
    {
        var host = await api.NewHostAsync("""{ "isolate": true }""");
        await WithInputAsync("""{ "isolate": false, "admins": ["nurse@verona.example"] }""", "host", "apply", host, "-");
        var versions = (await RunAsync("host", "versions", host, "--json")).Json.AsArray();
        Assert.Equal(["replaced", "created"], versions.Select(version => (string?)version!["outcome"]));
        var (now, before) = (Number(versions[0]!["version"]), Number(versions[1]!["version"]));
        Assert.Matches($"(?m)^{before}  [0-9T:-]{{19}}Z  provider  created   -$", (await RunAsync("host", "versions", host)).Output);
        Assert.True((bool?)(await RunAsync("host", "versions", host, before)).Json["isolate"]);

        Assert.Equal(await RunAsync("host", "diff", host, before), await RunAsync("host", "diff", host));
        var differences = await RunAsync("host", "diff", host, before);
        Assert.Matches("(?m)^\\$\\.isolate +yes +no$", differences.Output);
        Assert.Matches("(?m)^\\$\\.admins +- +nurse@verona\\.example$", differences.Output);
        Assert.Equal(2, (await RunAsync("host", "diff", host, now, before, "--json")).Json["items"]!.AsArray().Count);

        Assert.Equal(new ToolRun(0, "restored\n", ""), await RunAsync("host", "restore", host, before));
        Assert.True((bool?)(await RunAsync("host", "get", host)).Json["isolate"]);
        Assert.Equal(1, (await RunAsync("host", "restore", host, "1")).Code);

        var onlyOne = await RunAsync("host", "diff", await api.NewHostAsync());
        Assert.Equal(1, onlyOne.Code);
        Assert.Contains("has no version but the present one", onlyOne.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Host_IsSuspendedAndResumed()
    {
        var host = await api.NewHostAsync();
        Assert.Equal(new ToolRun(0, "suspended\n", ""), await RunAsync("host", "suspend", host));
        Assert.Matches($"(?m)^{host} .* no ", (await RunAsync("host", "list")).Output);
        Assert.Contains($"{host} is disabled", (await RunAsync("doctor", host)).Output, StringComparison.Ordinal);
        Assert.Equal(new ToolRun(0, "resumed\n", ""), await RunAsync("host", "resume", host));
        Assert.Equal(0, (await RunAsync("doctor", host)).Code);
        Assert.Equal(1, (await RunAsync("host", "suspend", "nowhere.example")).Code);
    }

    [Fact]
    public async Task Defaults_HoldForHostsThatSayNothing_AndAreExplained()
    {
        var host = await api.NewHostAsync("""{ "limits": { "rooms": 7 } }""");
        try
        {
            Assert.Equal("replaced\n", (await WithInputAsync("""{ "limits": { "rooms": 5, "occupants": 6 } }""", "defaults", "apply", "-")).Output);
            Assert.Equal(6, (int?)(await RunAsync("defaults", "get")).Json["limits"]?["occupants"]);
            var explained = await RunAsync("host", "get", host, "--explain");
            Assert.Matches("(?m)^\\$\\.limits\\.rooms +host +7$", explained.Output);
            Assert.Matches("(?m)^\\$\\.limits\\.occupants +provider +6$", explained.Output);
            var json = (await RunAsync("host", "get", host, "--explain", "--json")).Json.AsArray();
            Assert.Contains(json, setting => (string?)setting!["path"] == "$.limits.sessions_per_user" && (string?)setting["from"] == "default");
            var refused = await WithInputAsync("""{ "colour": "red" }""", "defaults", "apply", "-");
            Assert.Equal(1, refused.Code);
            Assert.Contains("$.colour: ", refused.Errors, StringComparison.Ordinal);
        }
        finally
        {
            Assert.Equal("deleted\n", (await RunAsync("defaults", "delete")).Output);
        }

        Assert.Empty((await RunAsync("defaults", "get")).Json.AsObject());
    }

    [Fact]
    public async Task Key_IsRotated()
    {
        var host = await api.NewHostAsync();
        var first = await RunAsync("key", "create", host, "--name", "app", "--scope", "accounts");
        var id = (string)(await RunAsync("key", "list", host, "--json")).Json[0]!["id"]!;
        var second = await RunAsync("key", "rotate", host, id, "--keep", "3600");
        Assert.Equal(0, second.Code);
        foreach (var key in new[] { first, second })
        {
            Assert.Equal(0, (await ToolRun.OfAsync(api.Client.BaseAddress!, key.Output.Trim(), "account", "list", host)).Code);
        }

        Assert.Equal(2, (await RunAsync("key", "list", host, "--json")).Json.AsArray().Count);
        Assert.Equal(1, (await RunAsync("key", "rotate", host, "none")).Code);
    }

    [Fact]
    public async Task Key_OfATenant_IsForEachOfItsHosts()
    {
        var tenant = $"tenant {api.NewDomain()}";
        var host = await api.NewHostAsync($$"""{ "tenant": "{{tenant}}" }""");
        var key = await RunAsync("key", "create", "--tenant", tenant, "--name", "all", "--scope", "accounts", "--scope", "settings");
        Assert.Equal(0, key.Code);
        Assert.Equal(0, (await ToolRun.OfAsync(api.Client.BaseAddress!, key.Output.Trim(), "account", "list", host)).Code);
        var id = (string)(await RunAsync("key", "list", tenant, "--tenant", "--json")).Json[0]!["id"]!;
        Assert.Equal(0, (await RunAsync("key", "rotate", "--tenant", tenant, id, "--json")).Code);
        Assert.Equal("deleted\n", (await RunAsync("key", "delete", "--tenant", tenant, id)).Output);
        Assert.Equal(1, (await ToolRun.OfAsync(api.Client.BaseAddress!, key.Output.Trim(), "account", "list", host)).Code);
    }

    [Fact]
    public async Task Audit_TellsWhoDidWhat()
    {
        var host = await api.NewHostAsync();
        await RunAsync("key", "create", host, "--name", "app", "--scope", "muc");
        await ToolRun.OfAsync(api.Client.BaseAddress!, "krewe.nonsense", "host", "get", host);

        // Entries are written behind the answer.
        ToolRun log;
        do
        {
            log = await RunAsync("host", "audit", host);
        }
        while (!log.Output.Contains("keys", StringComparison.Ordinal) && log.Code == 0);

        Assert.Matches("(?m)^AT +KIND +WHO +WHAT +VALUES +STATUS +FROM +COUNT$", log.Output);
        Assert.Matches($"(?m)^[0-9T:-]{{19}}Z +change +provider +POST .*/keys +host={host} +", log.Output);
        Assert.Contains((await RunAsync("audit", host, "--json")).Json.AsArray(), entry => ((string?)entry!["what"])?.Contains("keys", StringComparison.Ordinal) == true);
        Assert.Equal("[]\n", (await RunAsync("audit", host, "--json", "--until", "2020-01-01T00:00:00Z")).Output);
        Assert.Equal(0, (await RunAsync("audit")).Code);
        Assert.Equal(1, (await RunAsync("audit", "--since", "yesterday")).Code);
    }

    private Task<ToolRun> RunAsync(params string[] args) => WithInputAsync("", args);

    private Task<ToolRun> WithInputAsync(string input, params string[] args) => ToolRun.OfAsync(ToolRun.Settings(api.Client.BaseAddress!, ApiFixture.ProviderToken), args, input);

    private static string Number(System.Text.Json.Nodes.JsonNode? node) => ((long)node!).ToString(CultureInfo.InvariantCulture);
}
