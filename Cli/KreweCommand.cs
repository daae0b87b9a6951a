using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;

namespace Krewe.Cli;

/// <summary>The operator's tool: all that <c>./krewe</c> takes. Exit codes: 0 done, 1 failed, 2 not understood.</summary>
internal static class KreweCommand
{
    private const string Description = """
        Runs Krewe by its HTTP API: hosts, accounts, keys, rosters, rooms, sessions and certificates.

        Where and who: KREWE_URL (http://127.0.0.1:5280 when it is not set) and KREWE_TOKEN (the provider's token from <data>/admin-token when it
        is not set; a host's key does for that host). Exit codes: 0 done, 1 failed, 2 not understood.

        To begin:  krewe host list
                   krewe host apply chat.example host.json
                   krewe account put chat.example juliet
                   krewe doctor chat.example
        """;

    public static async Task<int> RunAsync(string[] args, Surroundings surroundings)
    {
        var tool = new Tool(surroundings);
        var root = new Command("krewe", Description) { tool.Json, new HelpOption(), new VersionOption() };
        foreach (var command in Commands(tool))
        {
            root.Subcommands.Add(command);
        }

        // Without a word of what to do, what there is to do is the answer.
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0 && parsed.CommandResult.Command is { Subcommands.Count: > 0 } noun && parsed.UnmatchedTokens.Count == 0)
        {
            await root.Parse([.. PathOf(parsed.CommandResult), "--help"]).InvokeAsync(new InvocationConfiguration { Output = surroundings.Errors, Error = surroundings.Errors });
            return ExitCodes.Misused;
        }

        if (parsed.Errors.Count > 0)
        {
            // Of a word that is no command it is said twice that there is none; the second time with the word.
            foreach (var error in parsed.Errors.Skip(parsed.UnmatchedTokens.Count > 0 && parsed.CommandResult.Command.Subcommands.Count > 0 ? 1 : 0))
            {
                surroundings.Errors.WriteLine(error.Message);
            }

            surroundings.Errors.WriteLine($"{string.Join(' ', ["krewe", .. PathOf(parsed.CommandResult)])} --help tells what there is");
            return ExitCodes.Misused;
        }

        return await parsed.InvokeAsync(new InvocationConfiguration { Output = surroundings.Output, Error = surroundings.Errors });
    }

    private static IEnumerable<Command> Commands(Tool tool) =>
    [
        HostCommands.Make(tool), DefaultsCommands.Make(tool), AccountCommands.Make(tool), KeyCommands.Make(tool), RosterCommands.Make(tool), MucCommands.Make(tool),
        SessionCommands.Make(tool), CertificateCommands.Make(tool), DoctorCommand.Make(tool), CheckCommand.Make(tool), AuditCommand.Make(tool),
        BackupCommands.MakeBackup(tool), BackupCommands.MakeRestore(tool),
    ];

    /// <summary>The words that lead to a command, the tool's own name aside.</summary>
    private static IEnumerable<string> PathOf(CommandResult result) => result.Parent is CommandResult parent ? [.. PathOf(parent), result.Command.Name] : [];
}
