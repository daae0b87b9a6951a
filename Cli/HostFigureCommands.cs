using System.CommandLine;

namespace Krewe.Cli;

/// <summary>How a host does: what it uses, how its hooks answered, who answers its namespaces.</summary>
internal static class HostFigureCommands
{
    public static Command Usage(Tool tool)
    {
        var host = Paths.HostArgument();
        return tool.Verb("usage", "Shows what a host uses, for bills and limits.", async run => run.ShowFields(await run.Api.GetAsync(Paths.OfHost(run[host], "usage"), run.Cancellation)), host);
    }

    public static Command Hooks(Tool tool)
    {
        var host = Paths.HostArgument();
        return tool.Verb(
            "hooks", "Lists the last calls of a host's hooks: when, which, what came of it and how long it took.",
            run => run.ListAsync(Paths.OfHost(run[host], "hooks"), "at", "hook", "part", "outcome", "status", "milliseconds"), host);
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
