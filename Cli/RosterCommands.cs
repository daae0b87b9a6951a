using System.CommandLine;
using System.Text.Json.Nodes;

namespace Krewe.Cli;

/// <summary><c>krewe roster</c>: what Krewe holds of users' rosters, and having them fetched anew.</summary>
internal static class RosterCommands
{
    public static Command Make(Tool tool) => Tool.Noun("roster", "The users' rosters.", Show(tool), Refresh(tool));

    private static Command Show(Tool tool)
    {
        var host = Paths.HostArgument();
        var user = new Argument<string>("user") { Description = "The user's localpart, or the bare JID." };
        return tool.Verb(
            "show", "Shows the roster that is held of a user, how old it is, and the last error. No hook is asked.",
            async run =>
            {
                var roster = await run.Api.GetAsync(Paths.OfHost(run[host], "rosters", Paths.Localpart(run[host], run[user])), run.Cancellation);
                if (run.IsJson)
                {
                    return run.Show(roster);
                }

                var items = roster["items"] as JsonArray ?? [];
                roster.AsObject().Remove("items");
                run.ShowFields(roster);
                run.Output.WriteLine();
                new Table(run.Output, "jid", "name", "subscription", "ask", "groups").Write([.. items.OfType<JsonNode>()]);
                return ExitCodes.Done;
            },
            host, user);
    }

    private static Command Refresh(Tool tool)
    {
        var host = Paths.HostArgument();
        var users = new Argument<string[]>("user") { Description = "Localparts, or bare JIDs, of the users.", Arity = ArgumentArity.OneOrMore };
        return tool.Verb(
            "refresh", "Has rosters fetched, compared and pushed to those who are connected. Exit code 1 when one of them failed.",
            async run =>
            {
                var names = new JsonArray([.. run.Get(users)!.Select(user => (JsonNode)user)]);
                var (_, answer) = await run.CallAsync(HttpMethod.Post, Paths.OfHost(run[host], "rosters/refresh"), names);
                if (run.IsJson)
                {
                    run.Show(answer!);
                }
                else
                {
                    new Table(run.Output, "user", "result", "added", "changed", "removed", "error").Write([.. (answer?["details"] as JsonArray ?? []).OfType<JsonNode>()]);
                    foreach (var detail in answer?["details"] as JsonArray ?? [])
                    {
                        foreach (var skipped in detail?["skipped"] as JsonArray ?? [])
                        {
                            run.Output.WriteLine($"skipped in {Plain.Of(detail!["user"])}: {Plain.Of(skipped?["jid"])} ({Plain.Of(skipped?["reason"])})");
                        }
                    }
                }

                return (int?)answer?["errors"] > 0 ? ExitCodes.Failed : ExitCodes.Done;
            },
            host, users);
    }
}
