using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Krewe.Cli;

/// <summary><c>krewe account</c>: who may log in at a host. A password is never taken from an argument, which others on the machine can read.</summary>
internal static class AccountCommands
{
    public static Command Make(Tool tool) => Tool.Noun(
        "account", "The accounts of a host.",
        List(tool), Put(tool), Switch(tool, "enable", "Lets a disabled account log in again.", isEnabled: true),
        Switch(tool, "disable", "Ends an account's streams and refuses its logins.", isEnabled: false), Delete(tool));

    private static Argument<string> UserArgument() => new("user") { Description = "The account's localpart, or its bare JID." };

    private static Command List(Tool tool)
    {
        var host = Paths.HostArgument();
        return tool.Verb("list", "Lists the accounts.", run => run.ListAsync(Paths.OfHost(run[host], "accounts"), "jid", "enabled", "mechanisms"), host);
    }

    private static Command Put(Tool tool)
    {
        var (host, user) = (Paths.HostArgument(), UserArgument());
        var fromInput = new Option<bool>("--password-stdin") { Description = "Read the password from the first line of standard input." };
        var scram = new Option<string?>("--scram") { Description = "A JSON file with SCRAM keys instead of a password: {\"SCRAM-SHA-256\": {\"salt\", \"iterations\", \"stored_key\", \"server_key\"}}.", HelpName = "file" };
        var disabled = new Option<bool>("--disabled") { Description = "The account may not log in yet." };
        return tool.Verb(
            "put", "Makes an account, or gives it another password. Asks for the password unless told where it is.",
            async run =>
            {
                var body = run.Get(scram) is { } file ? await ReadScramAsync(run, file)
                    : new JsonObject { ["password"] = run.Get(fromInput) ? await FromInputAsync(run) : Asked(run, $"{Paths.Localpart(run[host], run[user])}@{run[host]}") };
                if (run.Get(disabled))
                {
                    body["enabled"] = false;
                }

                var (status, _) = await run.CallAsync(HttpMethod.Put, PathOf(run, host, user), body);
                return run.Done(status == 201 ? "created" : "changed");
            },
            host, user, fromInput, scram, disabled);
    }

    private static Command Switch(Tool tool, string verb, string description, bool isEnabled)
    {
        var (host, user) = (Paths.HostArgument(), UserArgument());
        return tool.Verb(
            verb, description,
            async run =>
            {
                await run.CallAsync(HttpMethod.Put, PathOf(run, host, user), new JsonObject { ["enabled"] = isEnabled });
                return run.Done($"{verb}d");
            },
            host, user);
    }

    private static Command Delete(Tool tool)
    {
        var (host, user) = (Paths.HostArgument(), UserArgument());
        return tool.Verb("delete", "Deletes an account and ends its streams.", run => run.DeleteAsync(PathOf(run, host, user)), host, user);
    }

    private static string PathOf(Invocation run, Argument<string> host, Argument<string> user) => Paths.OfHost(run[host], "accounts", Paths.Localpart(run[host], run[user]));

    private static string Asked(Invocation run, string jid)
    {
        if (run.Surroundings.AskSecret($"Password for {Plain.Of(jid)}: ") is not { } password)
        {
            throw new CommandException("there is no terminal to ask for a password: use --password-stdin or --scram", ExitCodes.Misused);
        }

        return password == run.Surroundings.AskSecret("The same again: ") ? password : throw new CommandException("the two passwords are not the same");
    }

    private static async Task<string> FromInputAsync(Invocation run) =>
        await run.Surroundings.Input.ReadLineAsync(run.Cancellation) is { Length: > 0 } password ? password : throw new CommandException("standard input has no password", ExitCodes.Misused);

    private static async Task<JsonObject> ReadScramAsync(Invocation run, string file)
    {
        try
        {
            if (JsonNode.Parse(await run.ReadAsync(file)) is JsonObject keys)
            {
                return keys["scram"] is JsonObject inner ? new JsonObject { ["scram"] = inner.DeepClone() } : new JsonObject { ["scram"] = keys };
            }
        }
        catch (JsonException e)
        {
            throw new CommandException($"{file} is not JSON: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}");
        }

        throw new CommandException($"{file} is no JSON object of mechanisms");
    }
}
