using Krewe.Tests.Http;

namespace Krewe.Tests.Cli;

/// <summary><c>krewe host</c> and <c>krewe doctor</c> against the real API.</summary>
[Collection(ApiCollection.Name)]
public sealed class HostCommandsTests(ApiFixture api)
{
    [Fact]
    public async Task Host_AppliedFromAFile_IsCreatedShownListedAndReplaced()
    {
        var (host, file) = (api.NewDomain(), Path.GetTempFileName());
        await File.WriteAllTextAsync(file, """{ "tenant": "capulet" }""");
        try
        {
            Assert.Equal(new ToolRun(0, "created\n", ""), await RunAsync("host", "apply", host, file));
            Assert.Equal(new ToolRun(0, "replaced\n", ""), await RunAsync("host", "apply", host, file));
            Assert.Equal("replaced", (string?)(await RunAsync("host", "apply", host, file, "--json")).Json["result"]);
        }
        finally
        {
            File.Delete(file);
        }

        var listed = await RunAsync("host", "list");
        var lines = listed.Output.Split('\n');
        Assert.Matches("^HOST +TENANT +ENABLED +SOURCE +REASON$", lines[0]);
        Assert.Contains(lines, line => line.StartsWith($"{host} ", StringComparison.Ordinal) && line.Contains(" capulet ", StringComparison.Ordinal));
        Assert.Equal(lines[0].IndexOf("TENANT", StringComparison.Ordinal), lines.Single(line => line.StartsWith($"{host} ", StringComparison.Ordinal)).IndexOf("capulet", StringComparison.Ordinal));
        Assert.Contains((await RunAsync("host", "list", "--json")).Json.AsArray(), item => (string?)item!["host"] == host && (string?)item["tenant"] == "capulet");
        Assert.Equal("capulet", (string?)(await RunAsync("host", "get", host)).Json["tenant"]);
        Assert.Null((await RunAsync("host", "get", host)).Json["limits"]);
        Assert.Equal(10000, (int?)(await RunAsync("host", "get", host, "--effective")).Json["limits"]?["rooms"]);
    }

    [Fact]
    public async Task Host_AppliedFromStandardInput_AtAVersion_IsRefusedWhenItIsAtAnother()
    {
        var host = await api.NewHostAsync();
        var settings = ToolRun.Settings(api.Client.BaseAddress!, ApiFixture.ProviderToken);
        Assert.Equal("replaced\n", (await ToolRun.OfAsync(settings, ["host", "apply", host, "-"], input: """{ "isolate": true }""")).Output);
        var refused = await ToolRun.OfAsync(settings, ["host", "apply", host, "-", "--if-match", "1"], input: "{}");
        Assert.Equal((1, ""), (refused.Code, refused.Output));
        Assert.Contains("HTTP 412", refused.Errors, StringComparison.Ordinal);
        Assert.True((bool?)(await RunAsync("host", "get", host)).Json["isolate"]);
    }

    [Fact]
    public async Task Apply_OfABadDocument_NamesEachBadPath()
    {
        var (host, file) = (api.NewDomain(), Path.GetTempFileName());
        await File.WriteAllTextAsync(file, """{ "enabled": 1, "delegations": { "urn:xmpp:delegation:2": { "jid": "x.example" } } }""");
        var run = await RunAsync("host", "apply", host, file);
        File.Delete(file);

        Assert.Equal((1, ""), (run.Code, run.Output));
        Assert.Contains("HTTP 422", run.Errors, StringComparison.Ordinal);
        Assert.Contains("\n  $.enabled: ", run.Errors, StringComparison.Ordinal);
        Assert.Contains("urn:xmpp:delegation:2", run.Errors, StringComparison.Ordinal);
        Assert.Equal(1, (await RunAsync("host", "apply", host, "/no/such/file")).Code);
    }

    [Fact]
    public async Task Lists_OfManyPages_AreReadToTheirEnd()
    {
        var host = await api.NewHostAsync();
        for (var i = 0; i < 205; i++)
        {
            using var made = await api.SendAsync(HttpMethod.Put, $"/api/v1/hosts/{host}/accounts/user{i:000}", """{ "scram": { "SCRAM-SHA-1": { "salt": "c2FsdA==", "iterations": 4096, "stored_key": "AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "server_key": "AAAAAAAAAAAAAAAAAAAAAAAAAAA=" } } }""");
            Assert.True(made.IsSuccessStatusCode, await made.Content.ReadAsStringAsync());
        }

        var items = (await RunAsync("account", "list", host, "--json")).Json.AsArray();
        Assert.Equal(Enumerable.Range(0, 205).Select(i => $"user{i:000}@{host}"), items.Select(item => (string?)item!["jid"]));
        Assert.Equal(206, (await RunAsync("account", "list", host)).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal("[]\n", (await RunAsync("account", "list", await api.NewHostAsync(), "--json")).Output);
    }

    [Fact]
    public async Task Delete_AsksFirst()
    {
        var host = await api.NewHostAsync();
        var settings = ToolRun.Settings(api.Client.BaseAddress!, ApiFixture.ProviderToken);
        Assert.Equal(2, (await RunAsync("host", "delete", host)).Code);
        Assert.Equal(1, (await ToolRun.OfAsync(settings, ["host", "delete", host], answers: ["yes"])).Code);
        Assert.Equal(0, (await RunAsync("host", "get", host)).Code);
        Assert.Equal((0, "deleted\n"), (await ToolRun.OfAsync(settings, ["host", "delete", host], answers: [host]) is var run ? (run.Code, run.Output) : default));
        Assert.Equal(new ToolRun(1, "", "There is no such host. (HTTP 404)\n"), await RunAsync("host", "get", host));
        Assert.Equal(1, (await RunAsync("host", "delete", host, "--yes")).Code);
    }

    [Fact]
    public async Task Delegations_AreListed()
    {
        var host = await HostWithAGrantAsync();
        var listed = await RunAsync("host", "delegations", host);
        Assert.Contains($"urn:example:ns  pubsub.{host}  node       no ", listed.Output, StringComparison.Ordinal);
        Assert.Equal("the component is not connected", (string?)(await RunAsync("host", "delegations", host, "--json")).Json[0]!["reason"]);
    }

    [Fact]
    public async Task Doctor_OfAGrantWithoutItsComponent_SaysWhyAndFails()
    {
        var host = await HostWithAGrantAsync();
        var run = await RunAsync("doctor", host);
        Assert.Equal((1, ""), (run.Code, run.Errors));
        Assert.Contains($"ok    host: {host} is enabled.\n", run.Output, StringComparison.Ordinal);
        Assert.Contains(
            $"BAD   $.delegations['urn:example:ns']: urn:example:ns with node is answered by pubsub.{host}, but nobody does now: the component is not connected. Requests get service-unavailable.\n",
            run.Output, StringComparison.Ordinal);
        var found = await RunAsync("doctor", host, "--json", "--no-hooks", "--user", "juliet");
        Assert.Equal(1, found.Code);
        Assert.Contains(found.Json["items"]!.AsArray(), item => (string?)item!["level"] == "bad");
    }

    [Fact]
    public async Task Doctor_OfAHostInOrder_IsContent()
    {
        Assert.Equal(0, (await RunAsync("doctor", await api.NewHostAsync())).Code);
        Assert.Equal(new ToolRun(1, "", "There is no such host. (HTTP 404)\n"), await RunAsync("doctor", "nowhere.example"));
    }

    private Task<string> HostWithAGrantAsync()
    {
        var host = api.NewDomain();
        return api.NewHostAsync(host, $$"""
            { "components": { "pubsub.{{host}}": { "type": "external", "component_secret": "secret" } },
              "delegations": { "urn:example:ns": { "jid": "pubsub.{{host}}", "filtering": ["node"] } } }
            """);
    }

    private Task<ToolRun> RunAsync(params string[] args) => ToolRun.OfAsync(api, args);
}
