using System.Text;

namespace Krewe.Cli;

/// <summary>The person at the terminal, if there is one. Questions go to standard error, so that what a command says stays what it says.</summary>
internal static class Terminal
{
    private const int CharactersMax = 4096;

    public static string? Ask(string question)
    {
        if (Console.IsInputRedirected)
        {
            return null;
        }

        Console.Error.Write(question);
        return Console.In.ReadLine();
    }

    /// <summary>Without echo: neither the password nor its length is shown.</summary>
    public static string? AskSecret(string question)
    {
        if (Console.IsInputRedirected)
        {
            return null;
        }

        Console.Error.Write(question);
        var secret = new StringBuilder();
        while (true)
        {
            var key = Console.ReadKey(intercept: true);
            switch (key.Key)
            {
                case ConsoleKey.Enter:
                    Console.Error.WriteLine();
                    return secret.ToString();
                case ConsoleKey.Backspace:
                    secret.Length = Math.Max(0, secret.Length - 1);
                    break;
                default:
                    if (!char.IsControl(key.KeyChar) && secret.Length < CharactersMax)
                    {
                        secret.Append(key.KeyChar);
                    }

                    break;
            }
        }
    }
}
