using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Krewe.Cli;

/// <summary><c>krewe host</c>: the virtual hosts, their documents and their history.</summary>
internal static class HostCommands
{
    public static Command Make(Tool tool) => Tool.Noun(
        "host", "The virtual hosts: their documents, versions, state and figures.",
        List(tool), Get(tool), Apply(tool), Delete(tool), Versions(tool), Diff(tool), Restore(tool),
        Simple(tool, "suspend", "Ends a host's streams and refuses new ones, until it is resumed.", "suspended"), Simple(tool, "resume", "Serves a suspended host again.", "resumed"),
        HostDataCommands.Export(tool), HostDataCommands.Erase(tool), HostFigureCommands.Usage(tool), HostFigureCommands.Hooks(tool), AuditCommand.OfHost(tool), HostFigureCommands.Delegations(tool));

    private static Command List(Tool tool) => tool.Verb("list", "Lists the hosts.", run => run.ListAsync(Paths.Hosts, "host", "tenant", "enabled", "source", "reason"));

    private static Command Get(Tool tool)
    {
        var host = Paths.HostArgument();
        var effective = new Option<bool>("--effective") { Description = "With everything that is in force without being written." };
        var explain = new Option<bool>("--explain") { Description = "With where each value comes from: the provider's defaults, the host or a component." };
        return tool.Verb(
            "get", "Shows a host's document. Secrets are shown as { \"secret\": \"set\" }, which keeps them when it is applied again.",
            async run => run.Get(explain)
                ? await run.ListAsync(Paths.Query(Paths.Host(run[host]), ("explain", "true")), "path", "from", "value")
                : run.Show(await run.Api.GetAsync(Paths.Query(Paths.Host(run[host]), ("effective", run.Get(effective) ? "true" : null)), run.Cancellation)),
            host, effective, explain);
    }

    private static Command Apply(Tool tool)
    {
        var host = Paths.HostArgument();
        var file = new Argument<string>("file") { Description = "The host's document, or - for standard input." };
        var version = new Option<string?>("--if-match") { Description = "Only when the host's document is at this version.", HelpName = "version" };
        return tool.Verb(
            "apply", "Creates a host, or replaces its document.",
            async run =>
            {
                var document = await run.ReadAsync(run[file]);
                var tag = run.Get(version) is { Length: > 0 } given ? $"\"{given.Trim('"')}\"" : null;
                var (status, _) = await run.Api.CallAsync(HttpMethod.Put, Paths.Host(run[host]), document, run.Cancellation, tag);
                return run.Done(status == 201 ? "created" : "replaced");
            },
            host, file, version);
    }

    private static Command Delete(Tool tool)
    {
        var (host, yes) = (Paths.HostArgument(), YesOption());
        return tool.Verb(
            "delete", "Removes a host with its accounts, keys and rooms, and ends its streams.",
            run =>
            {
                run.Confirm(run[host], $"{Plain.Of(run[host])} will be removed with all that it has.", run.Get(yes));
                return run.DeleteAsync(Paths.Host(run[host]));
            },
            host, yes);
    }

    private static Command Versions(Tool tool)
    {
        var host = Paths.HostArgument();
        var number = new Argument<long?>("version") { Description = "Shows the document as it was at this version.", Arity = ArgumentArity.ZeroOrOne };
        return tool.Verb(
            "versions", "Lists the versions of a host's document, or shows one of them.",
            async run => run.Get(number) is { } version
                ? run.Show(await run.Api.GetAsync(Paths.OfHost(run[host], "versions", Number(version)), run.Cancellation))
                : await run.ListAsync(Paths.OfHost(run[host], "versions"), "version", "at", "author", "outcome", "restored"),
            host, number);
    }

    private static Command Diff(Tool tool)
    {
        var host = Paths.HostArgument();
        var from = new Argument<long?>("from") { Description = "The version to compare; the one before the present one when it is left out.", Arity = ArgumentArity.ZeroOrOne };
        var to = new Argument<long?>("to") { Description = "The version to compare it with; the present one when it is left out.", Arity = ArgumentArity.ZeroOrOne };
        return tool.Verb(
            "diff", "Tells what is different between two versions of a host's document.",
            async run =>
            {
                var before = run.Get(from) ?? await VersionBeforeAsync(run, run[host]);
                var path = Paths.Query(Paths.OfHost(run[host], "versions", Number(before), "diff"), ("to", run.Get(to) is { } version ? Number(version) : null));
                var differences = await run.Api.GetAsync(path, run.Cancellation);
                if (run.IsJson)
                {
                    return run.Show(differences);
                }

                new Table(run.Output, "path", "before", "after").Write([.. (differences["items"] as JsonArray ?? []).OfType<JsonNode>()]);
                return ExitCodes.Done;
            },
            host, from, to);
    }

    private static async Task<long> VersionBeforeAsync(Invocation run, string host)
    {
        var newest = await run.Api.GetAsync(Paths.Query(Paths.OfHost(host, "versions"), ("limit", "2")), run.Cancellation);
        return newest["items"] is JsonArray { Count: 2 } versions ? (long)versions[1]!["version"]! : throw new CommandException($"{host} has no version but the present one");
    }

    private static Command Restore(Tool tool)
    {
        var host = Paths.HostArgument();
        var version = new Argument<long>("version") { Description = "The version to go back to." };
        return tool.Verb(
            "restore", "Makes an earlier version of a host's document the present one. That is a version of its own.",
            async run =>
            {
                await run.CallAsync(HttpMethod.Post, $"{Paths.OfHost(run[host], "versions", Number(run.Get(version)))}/restore");
                return run.Done("restored", new JsonObject { ["version"] = run.Get(version) });
            },
            host, version);
    }

    private static Command Simple(Tool tool, string verb, string description, string word)
    {
        var host = Paths.HostArgument();
        return tool.Verb(
            verb, description,
            async run =>
            {
                await run.CallAsync(HttpMethod.Post, Paths.OfHost(run[host], verb));
                return run.Done(word);
            },
            host);
    }

    public static Option<bool> YesOption() => new("--yes") { Description = "Do not ask whether it is meant." };

    private static string Number(long version) => version.ToString(CultureInfo.InvariantCulture);
}
