using System.CommandLine;

namespace Krewe.Cli;

/// <summary><c>krewe defaults</c>: what holds for every host that says nothing else.</summary>
internal static class DefaultsCommands
{
    private const string Path = "/api/v1/defaults";

    public static Command Make(Tool tool)
    {
        var file = new Argument<string>("file") { Description = "The document of defaults, or - for standard input." };
        return Tool.Noun(
            "defaults", "The provider's defaults: settings of every host whose own document does not say otherwise.",
            tool.Verb("get", "Shows the defaults.", async run => run.Show(await run.Api.GetAsync(Path, run.Cancellation))),
            tool.Verb(
                "apply", "Replaces the defaults. Every host follows at once.",
                async run =>
                {
                    await run.Api.CallAsync(HttpMethod.Put, Path, await run.ReadAsync(run[file]), run.Cancellation);
                    return run.Done("replaced");
                },
                file),
            tool.Verb("delete", "Removes the defaults: Krewe's own hold again.", run => run.DeleteAsync(Path)));
    }
}
