namespace Krewe.Cli;

/// <summary>Who calls: <c>KREWE_TOKEN</c>, or the provider's token where its file can be read.</summary>
internal static class AdminToken
{
    public static string Find(Func<string, string?> setting)
    {
        if (setting("KREWE_TOKEN") is { Length: > 0 } token)
        {
            return token.All(char.IsAscii) && !token.Any(char.IsControl) ? token : throw new CommandException("KREWE_TOKEN is no token: it has characters that none has");
        }

        var file = Path.Combine(setting("Krewe__Data") is { Length: > 0 } data ? data : "data", "admin-token");
        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"there is no token: set KREWE_TOKEN, or run where {file} can be read ({e.Message})");
        }
    }
}
