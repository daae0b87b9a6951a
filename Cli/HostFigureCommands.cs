using System.CommandLine;
using System.Text.Json.Nodes;

namespace Krewe.Cli;

/// <summary>How a host does: what it uses, how its hooks answered, who answers its namespaces.</summary>
internal static class HostFigureCommands
{
    public static Command Usage(Tool tool)
    {
        var host = Paths.HostArgument();
        var since = new Option<string?>("--since") { Description = "The first day, such as 2030-01-31; thirty days ago when it is left out.", HelpName = "day" };
        return tool.Verb(
            "usage", "Shows what a host has used: now, in total, and day by day.",
            async run =>
            {
                var usage = await run.Api.GetAsync(Paths.Query(Paths.OfHost(run[host], "usage"), ("since", run.Get(since))), run.Cancellation);
                if (run.IsJson)
                {
                    return run.Show(usage);
                }

                var days = usage["days"] as JsonArray ?? [];
                usage.AsObject().Remove("days");
                run.ShowFields(usage);
                run.Output.WriteLine();
                new Table(run.Output, "date", "sessions_peak", "logins", "stanzas_received", "stanzas_sent", "bytes_received", "bytes_sent").Write([.. days.OfType<JsonNode>()]);
                return ExitCodes.Done;
            },
            host, since);
    }

    public static Command Hooks(Tool tool)
    {
        var host = Paths.HostArgument();
        var calls = new Option<bool>("--calls") { Description = "Each of the last calls of each hook." };
        return tool.Verb(
            "hooks", "Lists a host's hooks and how they do: calls, failures, how long they take, and whether they are left alone for now.",
            run => run.Get(calls) && !run.IsJson
                ? ShowCallsAsync(run, Paths.OfHost(run[host], "hooks"))
                : run.ListAsync(Paths.OfHost(run[host], "hooks"), "hook", "part", "breaker", "count", "failures", "p50", "p95", "warnings"),
            host, calls);
    }

    private static async Task<int> ShowCallsAsync(Invocation run, string path)
    {
        var table = new Table(run.Output, "at", "hook", "part", "outcome", "status", "latency", "id");
        await foreach (var page in run.Api.PagesAsync(path, run.Cancellation))
        {
            table.Write([.. page.SelectMany(hook => (hook["calls"] as JsonArray ?? []).OfType<JsonObject>().Select(call => With(call, hook)))]);
        }

        return ExitCodes.Done;
    }

    private static JsonNode With(JsonObject call, JsonNode hook)
    {
        var shown = call.DeepClone().AsObject();
        (shown["hook"], shown["part"]) = (hook["hook"]?.DeepClone(), hook["part"]?.DeepClone());
        return shown;
    }

    public static Command Delegations(Tool tool)
    {
        var host = Paths.HostArgument();
        return tool.Verb(
            "delegations", "Lists who answers which namespaces of a host, and whether somebody does now.",
            run => run.ListAsync(
                Paths.OfHost(run[host], "delegations"), "namespace", new Column("answered by", item => item["jid"] ?? item["url"]), "filtering", "live", "pending", "forwarded", "answered",
                "timeouts", "malformed", "refused", "reason"),
            host);
    }
}
