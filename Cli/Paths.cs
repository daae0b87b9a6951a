using System.CommandLine;

namespace Krewe.Cli;

/// <summary>Where things are in the API, and how they are named on the command line.</summary>
internal static class Paths
{
    public const string Hosts = "/api/v1/hosts";

    public static Argument<string> HostArgument() => new("host") { Description = "The host's domain." };

    public static string Host(string host) => $"{Hosts}/{Uri.EscapeDataString(host)}";

    /// <summary>Something of a host's, each part encoded.</summary>
    public static string OfHost(string host, string collection, params string[] parts) => string.Join('/', [Host(host), collection, .. parts.Select(Uri.EscapeDataString)]);

    public static string Query(string path, params (string Name, string? Value)[] values)
    {
        var given = values.Where(value => !string.IsNullOrEmpty(value.Value)).Select(value => $"{value.Name}={Uri.EscapeDataString(value.Value!)}").ToArray();
        return given.Length > 0 ? $"{path}?{string.Join('&', given)}" : path;
    }

    /// <summary>A localpart, also of somebody who wrote the whole bare JID.</summary>
    public static string Localpart(string host, string user)
    {
        var at = user.LastIndexOf('@');
        return at < 0 ? user
            : string.Equals(user[(at + 1)..], host, StringComparison.OrdinalIgnoreCase) ? user[..at]
            : throw new CommandException($"{Plain.Of(user)} is not a user of {Plain.Of(host)}", ExitCodes.Misused);
    }
}
