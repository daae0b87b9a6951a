using System.CommandLine;

namespace Krewe.Cli;

/// <summary><c>krewe session</c>: who is connected.</summary>
internal static class SessionCommands
{
    public static Command Make(Tool tool)
    {
        var host = Paths.HostArgument();
        var jid = new Argument<string>("jid") { Description = "The session's full JID, such as juliet@chat.example/balcony." };
        return Tool.Noun(
            "session", "The connected sessions of a host's users.",
            tool.Verb("list", "Lists the sessions.", run => run.ListAsync(Paths.OfHost(run[host], "sessions"), "jid", "transport", "address", "since", "available", "resumable"), host),
            tool.Verb("end", "Ends a session's stream. Its user may log in again: disable the account to prevent that.", run => run.DeleteAsync(Paths.OfHost(run[host], "sessions", run[jid]), "ended"), host, jid));
    }
}
