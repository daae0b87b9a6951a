using System.CommandLine;
using System.Text.Json.Nodes;

namespace Krewe.Cli;

/// <summary><c>krewe muc</c>: the rooms of a host's room services (XEP-0045), who is in them, and what was decided about who may be.</summary>
internal static class MucCommands
{
    public static Command Make(Tool tool) =>
        Tool.Noun("muc", "The rooms of a host.", Rooms(tool), Show(tool), Apply(tool), Delete(tool), Occupants(tool), Kick(tool), Invalidate(tool));

    private static Argument<string> RoomArgument() => new("room") { Description = "The room's JID, such as hall@rooms.chat.example." };

    private static Option<string?> ReasonOption() => new("--reason") { Description = "What those who are concerned are told.", HelpName = "text" };

    private static Command Rooms(Tool tool)
    {
        var host = Paths.HostArgument();
        var service = new Option<string?>("--service") { Description = "Only of this room service.", HelpName = "domain" };
        return tool.Verb("rooms", "Lists the rooms.", run => run.ListAsync(Paths.Query(Paths.OfHost(run[host], "muc/rooms"), ("service", run.Get(service))), "room", "name", "public", "persistent"), host, service);
    }

    private static Command Show(Tool tool)
    {
        var (host, room) = (Paths.HostArgument(), RoomArgument());
        return tool.Verb("show", "Shows a room's document: its configuration, subject and affiliations.", async run => run.Show(await run.Api.GetAsync(PathOf(run, host, room), run.Cancellation)), host, room);
    }

    private static Command Apply(Tool tool)
    {
        var (host, room) = (Paths.HostArgument(), RoomArgument());
        var file = new Argument<string>("file") { Description = "The room's document, or - for standard input." };
        return tool.Verb(
            "apply", "Makes a room, or replaces its configuration, subject and affiliations.",
            async run =>
            {
                var (status, _) = await run.Api.CallAsync(HttpMethod.Put, PathOf(run, host, room), await run.ReadAsync(run[file]), run.Cancellation);
                return run.Done(status == 201 ? "created" : "replaced");
            },
            host, room, file);
    }

    private static Command Delete(Tool tool)
    {
        var (host, room, reason) = (Paths.HostArgument(), RoomArgument(), ReasonOption());
        var alternate = new Option<string?>("--alternate") { Description = "The room to go to instead.", HelpName = "room" };
        return tool.Verb(
            "delete", "Destroys a room: everybody in it is put out.",
            run => run.DeleteAsync(Paths.Query(PathOf(run, host, room), ("reason", run.Get(reason)), ("alternate", run.Get(alternate)))), host, room, reason, alternate);
    }

    private static Command Occupants(Tool tool)
    {
        var (host, room) = (Paths.HostArgument(), RoomArgument());
        return tool.Verb("occupants", "Lists who is in a room, with their devices.", run => run.ListAsync($"{PathOf(run, host, room)}/occupants", "nick", "affiliation", "role", "jids"), host, room);
    }

    private static Command Kick(Tool tool)
    {
        var (host, room, reason) = (Paths.HostArgument(), RoomArgument(), ReasonOption());
        var nickname = new Argument<string>("nick") { Description = "The occupant's nickname." };
        return tool.Verb(
            "kick", "Puts somebody out of a room. They may come back.",
            run => run.DeleteAsync(Paths.Query($"{PathOf(run, host, room)}/occupants/{Uri.EscapeDataString(run[nickname])}", ("reason", run.Get(reason))), "kicked"), host, room, nickname, reason);
    }

    private static Command Invalidate(Tool tool)
    {
        var host = Paths.HostArgument();
        var room = new Option<string?>("--room") { Description = "Of this room.", HelpName = "room" };
        var user = new Option<string?>("--user") { Description = "About this user: a bare JID, or a localpart of the host.", HelpName = "user" };
        return tool.Verb(
            "invalidate", "Forgets what the tenant's service decided, asks it again about those who are in rooms, and removes whom it refuses.",
            async run =>
            {
                if (run.Get(room) is null && run.Get(user) is null)
                {
                    throw new CommandException("say whose decisions: --room, --user or both", ExitCodes.Misused);
                }

                var body = new JsonObject();
                if (run.Get(room) is { } where)
                {
                    body["room"] = where;
                }

                if (run.Get(user) is { } who)
                {
                    body["user"] = who.Contains('@') ? who : $"{who}@{run[host]}";
                }

                return run.ShowFields((await run.CallAsync(HttpMethod.Post, Paths.OfHost(run[host], "muc/decisions/invalidate"), body)).Answer!);
            },
            host, room, user);
    }

    private static string PathOf(Invocation run, Argument<string> host, Argument<string> room) => Paths.OfHost(run[host], "muc/rooms", run[room]);
}
