using System.CommandLine;
using System.Text.Json.Nodes;

namespace Krewe.Cli;

/// <summary><c>krewe audit</c> and <c>krewe host audit</c>: who changed what, who was refused, and who signed in.</summary>
internal static class AuditCommand
{
    private static readonly Column[] Columns = ["at", "kind", "who", "what", new("values", Values), "status", "from", "count"];

    public static Command Make(Tool tool)
    {
        var host = new Argument<string?>("host") { Description = "The host whose log it is; what belongs to no host when it is left out.", Arity = ArgumentArity.ZeroOrOne };
        var (since, until) = Times();
        return tool.Verb(
            "audit", "Lists who changed what, who was refused and who signed in: on a host, or what belongs to no host. The newest first.",
            run => run.ListAsync(PathOf(run, run.Get(host) is { } domain ? Paths.OfHost(domain, "audit") : "/api/v1/audit", since, until), Columns), host, since, until);
    }

    public static Command OfHost(Tool tool)
    {
        var host = Paths.HostArgument();
        var (since, until) = Times();
        return tool.Verb(
            "audit", "Lists who changed what of a host, who was refused and who signed in. The newest first.",
            run => run.ListAsync(PathOf(run, Paths.OfHost(run[host], "audit"), since, until), Columns), host, since, until);
    }

    private static (Option<string?> Since, Option<string?> Until) Times() =>
    (
        new("--since") { Description = "Only what happened then or later, such as 2030-01-31T00:00:00Z.", HelpName = "time" },
        new("--until") { Description = "Only what happened before.", HelpName = "time" });

    private static JsonNode? Values(JsonNode entry) =>
        entry["values"] is JsonObject { Count: > 0 } values ? string.Join(", ", values.Select(value => $"{value.Key}={Plain.Of(value.Value)}")) : null;

    private static string PathOf(Invocation run, string path, Option<string?> since, Option<string?> until) => Paths.Query(path, ("since", run.Get(since)), ("until", run.Get(until)));
}
