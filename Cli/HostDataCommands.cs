using System.CommandLine;
using System.Text;
using System.Text.Json.Nodes;

namespace Krewe.Cli;

/// <summary>All that a host, or one user of it, has: handed out, or taken away for good.</summary>
internal static class HostDataCommands
{
    /// <summary>More than the end of an export has.</summary>
    private const int EndBytes = 64;

    public static Command Export(Tool tool)
    {
        var host = Paths.HostArgument();
        var file = new Argument<string?>("file") { Description = "Where to write it: <host>.export.json when it is left out. An existing file is not replaced.", Arity = ArgumentArity.ZeroOrOne };
        var secrets = new Option<bool>("--secrets") { Description = "With what only the provider may have: secrets, the accounts' SCRAM keys, rooms' passwords." };
        return tool.Verb(
            "export", "Writes all data of a host into one JSON file: its document, accounts, rosters, rooms and what waits for its users.",
            async run =>
            {
                var target = run.Get(file) ?? $"{run[host]}.export.json";
                var path = Paths.Query(Paths.OfHost(run[host], "export"), ("secrets", run.Get(secrets) ? "true" : null));
                var bytes = await PrivateFile.WriteAsync(target, async into =>
                {
                    await run.Api.DownloadAsync(path, into, run.Cancellation);
                    await RefuseUnlessCompleteAsync(into, run.Cancellation);
                });
                return run.Done("exported", new JsonObject { ["file"] = target, ["bytes"] = bytes });
            },
            host, file, secrets);
    }

    /// <summary>An export that was cut off does not end with <c>"complete": true</c>.</summary>
    private static async Task RefuseUnlessCompleteAsync(Stream export, CancellationToken cancellation)
    {
        var end = new byte[Math.Min(EndBytes, export.Length)];
        export.Position = export.Length - end.Length;
        await export.ReadExactlyAsync(end, cancellation);
        var text = string.Concat(Encoding.UTF8.GetString(end).Where(c => !char.IsWhiteSpace(c)));
        if (!text.EndsWith("\"complete\":true}", StringComparison.Ordinal))
        {
            throw new CommandException("the export is not whole: it broke off. Try again.");
        }
    }

    public static Command Erase(Tool tool)
    {
        var (host, yes) = (Paths.HostArgument(), HostCommands.YesOption());
        var user = new Option<string?>("--user") { Description = "Only what there is of this user.", HelpName = "localpart" };
        return tool.Verb(
            "erase", "Erases all data of a host, or of one user, for good. The host's document, its keys and its certificate stay, and so does what is in backups.",
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
