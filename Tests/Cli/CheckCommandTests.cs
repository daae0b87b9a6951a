namespace Krewe.Tests.Cli;

/// <summary><c>krewe check</c>: host documents judged without a server.</summary>
public sealed class CheckCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("krewe-check-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Document_ThatIsGood_IsGood()
    {
        var file = await WriteAsync("verona.example", """{ "components": { "rooms.verona.example": { "type": "muc" } } }""");
        Assert.Equal(new ToolRun(0, $"{file}: good\n", ""), await RunAsync(file));
    }

    [Fact]
    public async Task Document_ThatIsBad_HasEachBadPathNamed()
    {
        var file = await WriteAsync("verona.example", """{ "enabled": 1, "colour": "red", "http_roster_url": "gopher://x/", "limits": { "rooms": -1 } }""");
        var run = await RunAsync(file, "--provider");
        Assert.Equal((1, ""), (run.Code, run.Output));
        Assert.Equal(["$.colour", "$.enabled", "$.http_roster_url", "$.limits.rooms"], run.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[(file.Length + 2)..].Split(':')[0]).Order());
        var items = (await RunAsync(file, "--provider", "--json")).Json["items"]!;
        Assert.Equal(4, items[0]!["problems"]!.AsArray().Count);
        Assert.False((bool)items[0]!["valid"]!);
    }

    [Fact]
    public async Task Document_OfATenant_HasWhatIsTheProvidersPointedOut()
    {
        var file = await WriteAsync("verona.example", """{ "tenant": "capulet", "components": { "rooms.elsewhere.example": { "type": "muc" } } }""");
        Assert.Equal(new ToolRun(0, $"{file}: good\n", ""), await RunAsync(file, "--provider"));
        const string Why = "only the provider may set this; with a host's key it must be as it is there";
        Assert.Equal(
            new ToolRun(0, $"{file}: good\n{file}: note: $.tenant: {Why}\n{file}: note: $.components['rooms.elsewhere.example']: {Why}\n", ""), await RunAsync(file));
        Assert.Equal(["$.tenant", "$.components['rooms.elsewhere.example']"], (await RunAsync(file, "--json")).Json["items"]![0]!["provider_only"]!.AsArray().Select(path => (string?)path));
    }

    [Fact]
    public async Task Document_AsTheServerShowsIt_KeepsItsSecrets()
    {
        var file = await WriteAsync("verona.example", """{ "hook_secret": { "secret": "set" }, "http_roster_url": "https://a.example/%s", "http_roster_authorization_header": { "secret": "set" } }""");
        const string Why = "keeps a secret, which must be set where this is applied";
        Assert.Equal(
            new ToolRun(0, $"{file}: good\n{file}: note: $.hook_secret: {Why}\n{file}: note: $.http_roster_authorization_header: {Why}\n", ""), await RunAsync(file));
    }

    [Theory]
    [InlineData("{", "$: is not JSON")]
    [InlineData("[]", "$: must be an object")]
    [InlineData("", "$: is not JSON")]
    public async Task Document_ThatIsNone_IsSaid(string content, string words)
    {
        var file = await WriteAsync("verona.example", content);
        var run = await RunAsync(file);
        Assert.Equal((1, ""), (run.Code, run.Output));
        Assert.StartsWith($"{file}: {words}", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Document_ForAHostThatIsNamed_NeedNotBeNamedAfterIt()
    {
        var file = await WriteAsync("host document", """{ "components": { "rooms.verona.example": { "type": "muc" } } }""");
        Assert.Equal(1, (await RunAsync(file)).Code);
        Assert.Equal(0, (await RunAsync(file, "--host", "verona.example")).Code);
        Assert.Equal(1, (await RunAsync(Path.Combine(_folder, "none.json"))).Code);
    }

    [Fact]
    public async Task Folder_IsCheckedAsAWhole()
    {
        await WriteAsync("elsinore.example", """{ "components": { "rooms.example": { "type": "muc" } } }""");
        await WriteAsync("verona.example", """{ "components": { "rooms.example": { "type": "muc" }, "elsinore.example": { "type": "muc" } } }""");
        await WriteAsync("good.example", "{}");
        var run = await RunAsync(_folder, "--provider");
        Assert.Equal((1, $"{_folder}/good.example.json: good\n"), (run.Code, run.Output));
        Assert.Equal([false, true, false], (await RunAsync(_folder, "--json")).Json["items"]!.AsArray().Select(item => (bool)item!["valid"]!));
        Assert.Equal(
            [
                $"{_folder}/elsinore.example.json: $.components['rooms.example']: is a domain that another file has too",
                $"{_folder}/elsinore.example.json: $: is for elsinore.example, which another file has too",
                $"{_folder}/verona.example.json: $.components['elsinore.example']: is a domain that another file has too",
                $"{_folder}/verona.example.json: $.components['rooms.example']: is a domain that another file has too",
            ],
            run.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
        Assert.Equal(2, (await RunAsync(_folder, "--host", "verona.example")).Code);
    }

    [Fact]
    public async Task Folder_WithoutDocuments_IsSaid() => Assert.Equal(new ToolRun(1, "", $"{_folder} has no .json file\n"), await RunAsync(_folder));

    private async Task<string> WriteAsync(string host, string content)
    {
        var path = Path.Combine(_folder, $"{host}.json");
        await File.WriteAllTextAsync(path, content);
        return path;
    }

    // Without a server, and without a token.
    private static Task<ToolRun> RunAsync(params string[] args) => ToolRun.OfAsync(_ => null, ["check", .. args]);
}
