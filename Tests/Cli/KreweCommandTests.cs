using System.Text.Json.Nodes;
using Krewe.Cli;
using Krewe.Tests.Http;

namespace Krewe.Tests.Cli;

/// <summary>The operator's tool against the real API: what it does, what it says, and its exit codes (0 done, 1 failed, 2 not understood).</summary>
[Collection(ApiCollection.Name)]
public sealed class KreweCommandTests(ApiFixture api)
{
    [Fact]
    public async Task Host_AppliedFromAFile_IsCreatedShownListedAndReplaced()
    {
        var (host, file) = (api.NewDomain(), Path.GetTempFileName());
        await File.WriteAllTextAsync(file, """{ "tenant": "capulet" }""");
        try
        {
            Assert.Equal((0, "created\n", ""), await RunAsync("host", "apply", host, file));
            Assert.Equal((0, "replaced\n", ""), await RunAsync("host", "apply", host, file));
        }
        finally
        {
            File.Delete(file);
        }

        Assert.Contains($"{host}\tenabled\tcapulet\tapi\n", (await RunAsync("host", "list")).Output, StringComparison.Ordinal);
        var shown = await RunAsync("host", "get", host);
        Assert.Equal("capulet", (string?)JsonNode.Parse(shown.Output)!["tenant"]);
    }

    [Fact]
    public async Task Apply_OfABadDocument_NamesEachBadPath()
    {
        var (host, file) = (api.NewDomain(), Path.GetTempFileName());
        await File.WriteAllTextAsync(file, """{ "enabled": 1, "delegations": { "urn:xmpp:delegation:2": { "jid": "x.example" } } }""");
        var (code, _, errors) = await RunAsync("host", "apply", host, file);
        File.Delete(file);

        Assert.Equal(1, code);
        Assert.Contains("HTTP 422", errors, StringComparison.Ordinal);
        Assert.Contains("$.enabled", errors, StringComparison.Ordinal);
        Assert.Contains("urn:xmpp:delegation:2", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_OfAGrantWithoutItsComponent_SaysWhyAndFails()
    {
        var host = api.NewDomain();
        await api.NewHostAsync(host, $$"""
            { "components": { "pubsub.{{host}}": { "type": "external", "component_secret": "secret" } },
              "delegations": { "urn:example:ns": { "jid": "pubsub.{{host}}", "filtering": ["node"] } } }
            """);

        var (code, output, _) = await RunAsync("doctor", host);

        Assert.Equal(1, code);
        Assert.Contains($"ok    {host} is enabled\n", output, StringComparison.Ordinal);
        Assert.Contains(
            $"BAD   urn:example:ns with node is answered by pubsub.{host}, but nobody does now: the component is not connected. Requests get service-unavailable.\n", output,
            StringComparison.Ordinal);
        var findings = JsonNode.Parse((await RunAsync("doctor", host, "--json")).Output)!.AsArray();
        Assert.Contains(findings, finding => (string?)finding!["level"] == "bad");
    }

    [Fact]
    public async Task Doctor_OfAHostInOrder_IsContent()
    {
        var host = await api.NewHostAsync();
        Assert.Equal(0, (await RunAsync("doctor", host)).Code);
    }

    [Fact]
    public async Task Commands_AboutAHostThatIsNotThere_Fail()
    {
        Assert.Equal((1, "", "there is no host nowhere.example\n"), await RunAsync("host", "get", "nowhere.example"));
        Assert.Equal((1, "", "there is no host nowhere.example\n"), await RunAsync("doctor", "nowhere.example"));
    }

    [Theory]
    [InlineData("host")]
    [InlineData("host", "get")]
    [InlineData("hots", "list")]
    public async Task Commands_ThatAreNone_AreMisuse(params string[] args) => Assert.Equal(2, (await RunAsync(args)).Code);

    [Fact]
    public async Task Token_ThatIsWrong_IsSaid()
    {
        var (code, _, errors) = await RunAsync(name => name == "KREWE_TOKEN" ? "wrong" : Setting(name), "host", "list");
        Assert.Equal(1, code);
        Assert.Contains("HTTP 401", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Krewe_ThatDoesNotAnswer_IsSaid()
    {
        var (code, _, errors) = await RunAsync(name => name == "KREWE_URL" ? "http://127.0.0.1:9" : Setting(name), "host", "list");
        Assert.Equal(1, code);
        Assert.StartsWith("Krewe does not answer at http://127.0.0.1:9/", errors, StringComparison.Ordinal);
    }

    private string? Setting(string name) => name switch
    {
        "KREWE_URL" => api.Client.BaseAddress!.ToString(),
        "KREWE_TOKEN" => ApiFixture.ProviderToken,
        _ => null,
    };

    private Task<(int Code, string Output, string Errors)> RunAsync(params string[] args) => RunAsync(Setting, args);

    private static async Task<(int Code, string Output, string Errors)> RunAsync(Func<string, string?> settings, params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var errors = new StringWriter { NewLine = "\n" };
        var code = await KreweCommand.RunAsync(args, output, errors, settings);
        return (code, output.ToString(), errors.ToString());
    }
}
