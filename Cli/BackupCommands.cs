using System.CommandLine;
using System.Text.Json.Nodes;

namespace Krewe.Cli;

/// <summary><c>krewe backup</c>, while Krewe runs, and <c>krewe restore</c>, while it does not.</summary>
internal static class BackupCommands
{
    public static Command MakeBackup(Tool tool)
    {
        var file = new Argument<string>("file") { Description = "Where to write it: a tar. An existing file is not replaced." };
        return tool.Verb(
            "backup", "Writes all that Krewe has on disk into one file, consistent, while it runs. It holds credentials: keep it as you keep those.",
            async run =>
            {
                var files = 0;
                var bytes = await PrivateFile.WriteAsync(run[file], async into =>
                {
                    await run.Api.DownloadAsync("/api/v1/backup", into, run.Cancellation);
                    files = await CheckAsync(into, run.Cancellation);
                });
                return run.Done("written", new JsonObject { ["file"] = run[file], ["bytes"] = bytes, ["files"] = files });
            },
            file);
    }

    public static Command MakeRestore(Tool tool)
    {
        var file = new Argument<string>("file") { Description = "What krewe backup wrote." };
        var data = new Option<string>("--data") { Description = "The data folder to make: it must be empty, or not be there.", Required = true, HelpName = "folder" };
        return tool.Verb(
            "restore", "Unpacks a backup into an empty data folder. No server may run on it; start one when this is done.",
            async run =>
            {
                await DataFolder.FillAsync(run.Get(data)!, run[file], run.Cancellation);
                return run.Done("restored", new JsonObject { ["data"] = run.Get(data) });
            },
            file, data);
    }

    /// <summary>One that broke off on its way is none.</summary>
    private static async Task<int> CheckAsync(Stream archive, CancellationToken cancellation)
    {
        archive.Position = 0;
        try
        {
            return await BackupArchive.CheckAsync(archive, cancellation);
        }
        catch (BackupException e)
        {
            throw new CommandException($"what came is of no use: {e.Message}");
        }
    }
}
