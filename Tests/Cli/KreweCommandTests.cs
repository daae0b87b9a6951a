using Krewe.Tests.Http;

namespace Krewe.Tests.Cli;

/// <summary>The operator's tool as such: its exit codes (0 done, 1 failed, 2 not understood), its help, and what it says when it cannot reach Krewe.</summary>
[Collection(ApiCollection.Name)]
public sealed class KreweCommandTests(ApiFixture api)
{
    [Theory]
    [InlineData("hots", "list")]
    [InlineData("host", "get")]
    [InlineData("host", "get", "a.example", "b.example")]
    [InlineData("host", "list", "--verbose")]
    [InlineData("host", "diff", "a.example", "one", "two")]
    [InlineData("key", "create", "a.example", "--name", "name")]
    [InlineData("key", "create", "a.example", "--name", "name", "--scope", "everything")]
    [InlineData("key", "create", "a.example", "--name", "name", "--scope", "muc", "--expires", "soon")]
    [InlineData("muc", "invalidate", "a.example")]
    [InlineData("account", "put", "a.example", "juliet@b.example", "--password-stdin")]
    public async Task Commands_ThatAreNone_AreMisuse(params string[] args)
    {
        var run = await RunAsync(args);
        Assert.Equal(2, run.Code);
        Assert.NotEmpty(run.Errors);
        Assert.Empty(run.Output);
    }

    [Fact]
    public async Task Nothing_IsAnsweredWithWhatThereIs()
    {
        Assert.Contains("  doctor <host>  ", (await RunAsync()) is { Code: 2, Output: "" } all ? all.Errors : "", StringComparison.Ordinal);
        Assert.Contains("  put <host> <user>  ", (await RunAsync("account")) is { Code: 2, Output: "" } accounts ? accounts.Errors : "", StringComparison.Ordinal);
        Assert.Equal(new ToolRun(2, "", "Unrecognized command or argument 'nope'.\nkrewe account --help tells what there is\n"), await RunAsync("account", "nope"));
    }

    [Fact]
    public async Task Help_OfEveryCommand_HasAWordForEverything()
    {
        var open = new Queue<string[]>([[]]);
        var seen = 0;
        while (open.TryDequeue(out var path))
        {
            var run = await RunAsync([.. path, "--help"]);
            Assert.Equal((0, ""), (run.Code, run.Errors));
            var lines = run.Output.Split('\n');
            Assert.Contains("Description:", lines);
            foreach (var part in Part(lines, "Options:").Concat(Part(lines, "Arguments:")))
            {
                Assert.True(part.Trim().Contains("  ", StringComparison.Ordinal), $"{string.Join(' ', path)}: {part}");
            }

            foreach (var command in Part(lines, "Commands:"))
            {
                Assert.True(command.Trim().Contains("  ", StringComparison.Ordinal), command);
                open.Enqueue([.. path, command.Trim().Split(' ')[0]]);
            }

            seen++;
        }

        Assert.True(seen > 50, $"{seen} commands");
    }

    [Fact]
    public async Task Token_ThatIsWrong_IsSaid()
    {
        var run = await ToolRun.OfAsync(api.Client.BaseAddress!, "wrong", "host", "list");
        Assert.Equal((1, ""), (run.Code, run.Output));
        Assert.Contains("HTTP 401", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Token_ThatIsNotThere_IsSaid()
    {
        var run = await ToolRun.OfAsync(name => name == "Krewe__Data" ? "/nowhere" : null, ["host", "list"]);
        Assert.Equal(1, run.Code);
        Assert.StartsWith("there is no token: set KREWE_TOKEN, or run where /nowhere/admin-token can be read", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Token_OfTheDataFolder_IsTaken()
    {
        var folder = Directory.CreateTempSubdirectory("krewe-tool-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "admin-token"), ApiFixture.ProviderToken + "\n");
        var run = await ToolRun.OfAsync(
            name => name switch { "Krewe__Data" => folder, "KREWE_URL" => api.Client.BaseAddress!.ToString(), _ => null }, ["host", "list", "--json"]);
        Directory.Delete(folder, recursive: true);
        Assert.Equal((0, ""), (run.Code, run.Errors));
    }

    [Theory]
    [InlineData("http://127.0.0.1:9", "Krewe does not answer at http://127.0.0.1:9/")]
    [InlineData("ftp://127.0.0.1", "KREWE_URL is no http or https address")]
    [InlineData("127.0.0.1:5280", "KREWE_URL is no http or https address")]
    public async Task Krewe_ThatCannotBeReached_IsSaid(string url, string words)
    {
        var run = await ToolRun.OfAsync(name => name == "KREWE_URL" ? url : "token", ["host", "list"]);
        Assert.Equal((1, ""), (run.Code, run.Output));
        Assert.StartsWith(words, run.Errors, StringComparison.Ordinal);
    }

    private Task<ToolRun> RunAsync(params string[] args) => ToolRun.OfAsync(api, args);

    private static IEnumerable<string> Part(string[] lines, string heading) =>
        lines.SkipWhile(line => line != heading).Skip(1).TakeWhile(line => line.Length > 0).Where(line => line.StartsWith("  ", StringComparison.Ordinal) && line[2] != ' ');
}
