using System.CommandLine;
using System.Text.Json.Nodes;

namespace Krewe.Cli;

/// <summary><c>krewe doctor</c>: the findings of the server's examination of a host, one a line.</summary>
internal static class DoctorCommand
{
    private const string Bad = "bad";

    public static Command Make(Tool tool)
    {
        var host = Paths.HostArgument();
        var noHooks = new Option<bool>("--no-hooks") { Description = "Do not call the host's hooks." };
        var user = new Option<string?>("--user") { Description = "Ask hooks about this user.", HelpName = "user" };
        var room = new Option<string?>("--room") { Description = "Ask the room service's hook about this room.", HelpName = "room" };
        return tool.Verb(
            "doctor", "Looks a host over, calls each of its hooks, and says in words what is wrong. Exit code 1 when something is.",
            async run =>
            {
                var path = Paths.Query(
                    Paths.OfHost(run[host], "doctor"), ("hooks", run.Get(noHooks) ? "false" : null), ("user", run.Get(user)), ("room", run.Get(room)));
                var answer = await run.Api.GetAsync(path, run.Cancellation);
                var items = answer["items"] as JsonArray ?? throw new CommandException("the answer has no items");
                if (run.IsJson)
                {
                    run.Show(answer);
                }
                else
                {
                    foreach (var item in items)
                    {
                        var level = (string?)item?["level"];
                        run.Output.WriteLine($"{(level == Bad ? "BAD" : level),-5} {Plain.Of(item?["subject"])}: {Plain.Of(item?["message"])}");
                    }
                }

                return items.Any(item => (string?)item?["level"] == Bad) ? ExitCodes.Failed : ExitCodes.Done;
            },
            host, noHooks, user, room);
    }
}
