using System.CommandLine;
using System.Text.Json.Nodes;

namespace Krewe.Cli;

/// <summary>All that a host, or one user of it, has: handed out, or taken away for good.</summary>
internal static class HostDataCommands
{
    public static Command Export(Tool tool)
    {
        var host = Paths.HostArgument();
        var file = new Argument<string>("file") { Description = "Where to write it. An existing file is not replaced." };
        return tool.Verb(
            "export", "Writes all data of a host into a file: its document, accounts, rosters, rooms and what waits for its users.",
            async run =>
            {
                var bytes = await PrivateFile.WriteAsync(run[file], into => run.Api.DownloadAsync(Paths.OfHost(run[host], "export"), into, run.Cancellation));
                return run.Done("exported", new JsonObject { ["file"] = run[file], ["bytes"] = bytes });
            },
            host, file);
    }

    public static Command Erase(Tool tool)
    {
        var (host, yes) = (Paths.HostArgument(), HostCommands.YesOption());
        var user = new Option<string?>("--user") { Description = "Only what there is of this user.", HelpName = "localpart" };
        return tool.Verb(
            "erase", "Erases all data of a host, or of one user, for good. The host's document stays, and so do backups.",
            async run =>
            {
                var localpart = run.Get(user) is { Length: > 0 } given ? Paths.Localpart(run[host], given) : null;
                run.Confirm(localpart ?? run[host], $"All data of {Plain.Of(localpart is null ? run[host] : $"{localpart}@{run[host]}")} will be erased.", run.Get(yes));
                var (_, answer) = await run.CallAsync(HttpMethod.Post, Paths.OfHost(run[host], "erase"), localpart is null ? new JsonObject() : new JsonObject { ["user"] = localpart });
                return run.Done("erased", answer as JsonObject);
            },
            host, user, yes);
    }
}
