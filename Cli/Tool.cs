using System.CommandLine;

namespace Krewe.Cli;

/// <summary>Makes commands: each runs in one <see cref="Invocation"/>, and whatever goes wrong becomes words on standard error and an exit code.</summary>
internal sealed class Tool(Surroundings surroundings)
{
    public Option<bool> Json { get; } = new("--json") { Description = "Print JSON, and nothing else, to standard output.", Recursive = true };

    /// <summary>A command that does something.</summary>
    public Command Verb(string name, string description, Func<Invocation, Task<int>> run, params Symbol[] parts)
    {
        var command = With(new Command(name, description), parts);
        command.SetAction((parsed, cancellation) => RunAsync(parsed, run, cancellation));
        return command;
    }

    /// <summary>A command that groups others.</summary>
    public static Command Noun(string name, string description, params Command[] verbs)
    {
        var command = new Command(name, description);
        foreach (var verb in verbs)
        {
            command.Subcommands.Add(verb);
        }

        return command;
    }

    private static Command With(Command command, Symbol[] parts)
    {
        foreach (var part in parts)
        {
            switch (part)
            {
                case Argument argument:
                    command.Arguments.Add(argument);
                    break;
                case Option option:
                    command.Options.Add(option);
                    break;
            }
        }

        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, Func<Invocation, Task<int>> run, CancellationToken cancellation)
    {
        using var invocation = new Invocation(surroundings, parsed, parsed.GetValue(Json), cancellation);
        try
        {
            return await run(invocation);
        }
        catch (CommandException e)
        {
            surroundings.Errors.WriteLine(e.Message);
            return e.ExitCode;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            surroundings.Errors.WriteLine("interrupted");
            return ExitCodes.Failed;
        }
    }
}
