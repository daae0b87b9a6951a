namespace Krewe.Cli;

/// <summary>What a command has around it, which tests replace.</summary>
/// <param name="Setting">The value of an environment variable; null for none.</param>
internal sealed record Surroundings(TextWriter Output, TextWriter Errors, TextReader Input, Func<string, string?> Setting)
{
    /// <summary>Asks a person for a line that nobody sees; null where there is no person.</summary>
    public Func<string, string?> AskSecret { get; init; } = _ => null;

    /// <summary>Asks a person for a line; null where there is no person.</summary>
    public Func<string, string?> Ask { get; init; } = _ => null;

    public static Surroundings OfProcess() => new(Console.Out, Console.Error, Console.In, Environment.GetEnvironmentVariable)
    {
        AskSecret = Terminal.AskSecret,
        Ask = Terminal.Ask,
    };
}
