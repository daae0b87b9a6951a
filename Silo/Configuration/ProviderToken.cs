using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace Krewe.Silo.Configuration;

/// <summary>
/// The provider's token: as configured, else the one in <c>&lt;data&gt;/admin-token</c>, which is made at the first start, readable by its owner only.
/// </summary>
internal static class ProviderToken
{
    public const string FileName = "admin-token";

    // 256 bits: beyond guessing, whatever the rate limit.
    private const int TokenBytes = 32;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly SearchValues<char> TokenCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/");

    /// <summary>RFC 6750 §2.1: what can stand behind <c>Bearer</c>.</summary>
    public static bool IsBearerToken(string text)
    {
        var body = text.AsSpan().TrimEnd('=');
        return body.Length > 0 && body.IndexOfAnyExcept(TokenCharacters) < 0;
    }

    /// <summary>The token in the folder, making folder and token where there is none; the problem when that cannot be.</summary>
    public static string? ReadOrCreate(string data, out string token)
    {
        var path = Path.Combine(data, FileName);
        token = "";
        try
        {
            CreateFolder(data);
            if (!File.Exists(path))
            {
                Create(path);
            }

            token = File.ReadAllText(path).Trim();
            if (!OperatingSystem.IsWindows() && File.GetUnixFileMode(path) != OwnerOnly)
            {
                File.SetUnixFileMode(path, OwnerOnly);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return $"cannot be kept in {path}: {error.Message}";
        }

        return IsBearerToken(token) ? null : $"is not configured, and {path} holds no token (delete it to get a new one)";
    }

    private static void CreateFolder(string data)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(data);
        }
        else
        {
            // Tokens, keys and credentials lie here: nobody else's business. A folder that exists keeps its mode.
            Directory.CreateDirectory(data, OwnerOnly | UnixFileMode.UserExecute);
        }
    }

    // Written aside and renamed: a start that is killed here leaves no empty file behind, of two that start at once both read the same token.
    private static void Create(string path)
    {
        var aside = $"{path}.{Environment.ProcessId}";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        using (var writer = new StreamWriter(aside, options))
        {
            writer.WriteLine(Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenBytes)));
        }

        try
        {
            File.Move(aside, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(aside);
        }
    }
}
