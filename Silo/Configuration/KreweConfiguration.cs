using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosting;
using Microsoft.Extensions.Configuration;

namespace Krewe.Silo.Configuration;

/// <summary>
/// Reads the process's configuration into <see cref="KreweOptions"/>. Every impossible value is told at once, under its key, and none of them
/// lets the process start.
/// </summary>
internal static class KreweConfiguration
{
    // A label costs memory here and in whatever scrapes it.
    private const int MetricsHostsMax = 10_000;
    private const int RequestsMax = 100_000;
    private const int AuditDaysMax = 3650;
    private const double RefreshDeadlineSecondsMin = 0.1;
    private const double RefreshDeadlineSecondsMax = 600;

    public static (KreweOptions? Options, IReadOnlyList<string> Problems) Read(IConfiguration configuration) => Read(configuration, RepositoryRoot.Find());

    /// <summary>The options, null when there are problems. Makes the data folder and the token in it only when there are none.</summary>
    public static (KreweOptions? Options, IReadOnlyList<string> Problems) Read(IConfiguration configuration, string root)
    {
        var section = new KreweSection(configuration);
        var listeners = Listeners(section);
        var options = new KreweOptions
        {
            ListenC2S = listeners["Listen:C2S"],
            ListenC2STls = listeners["Listen:C2STls"],
            ListenComponent = listeners["Listen:Component"],
            ListenHttp = listeners["Listen:Http"],
            ListenHttps = listeners["Listen:Https"],
            Data = DataFolder(section, root),
            HostsFolder = Folder(section, "Hosts", root),
            CertificatesFolder = Folder(section, "Certificates", root),
            AdminToken = Value<string>(section, "Admin:Token", "", ParseToken),
            EgressAllow = Value<ImmutableArray<EgressAllowance>>(section, "Egress:Allow", [], NetworkSyntax.ParseEgress),
            TrustedProxies = Value<ImmutableArray<IPNetwork>>(section, "Http:TrustedProxies", [], NetworkSyntax.ParseNetworks),
            DefaultHost = Value<string?>(section, "Http:DefaultHost", null, ParseDomain),
            RefreshDeadline = Value(section, "Http:RefreshDeadline", TimeSpan.FromSeconds(25), ParseDeadline),
            RequestsPerSecond = Value(section, "Http:RequestsPerSecond", 300, ParseRequests),
            MetricsHosts = Value(section, "Metrics:Hosts", 100, ParseMetricsHosts),
            AuditKeptFor = Value(section, "Audit:Days", TimeSpan.FromDays(90), ParseAuditDays),
            ExternalUrl = Value<string?>(section, "Http:ExternalUrl", null, ParseExternalUrl),
            UseLocalPath = Value(section, "LocalPath", true, ParseSwitch),
        };
        RefuseCollisions(section, listeners);
        RefuseOtherProcesses(section);
        section.RefuseUnknown(except: "Cluster");

        if (section.Problems.Count == 0 && options.AdminToken.Length == 0)
        {
            if (ProviderToken.ReadOrCreate(options.Data, out var token) is { } problem)
            {
                section.Refuse("Admin:Token", problem);
            }

            options = options with { AdminToken = token, AdminTokenFile = Path.Combine(options.Data, ProviderToken.FileName) };
        }

        return (section.Problems.Count == 0 ? options : null, section.Problems);
    }

    /// <summary>Where <c>Krewe:Data</c> is, for what runs beside Krewe and keeps its own things there.</summary>
    public static string DataFolder(IConfiguration configuration) => DataFolder(new KreweSection(configuration), RepositoryRoot.Find());

    private static Dictionary<string, ImmutableArray<IPEndPoint>> Listeners(KreweSection section) =>
        new (string Key, int Port)[] { ("Listen:C2S", 5222), ("Listen:C2STls", 5223), ("Listen:Component", 5347), ("Listen:Http", 5280), ("Listen:Https", 5281) }
            .ToDictionary(
                listener => listener.Key,
                listener => section.Value<ImmutableArray<IPEndPoint>>(
                    listener.Key, section.Text(listener.Key, isEmptyMeant: true) ?? $"loopback:{listener.Port}", [], EndpointSyntax.Parse));

    private static T Value<T>(KreweSection section, string key, T fallback, KreweSection.Parser<T> parse) => section.Value(key, section.Text(key), fallback, parse);

    private static string DataFolder(KreweSection section, string root)
    {
        var path = Path.GetFullPath(section.Text("Data") ?? "data", root);
        if (File.Exists(path))
        {
            section.Refuse("Data", $"is a file, not a folder: {path}");
        }

        return path;
    }

    private static string? Folder(KreweSection section, string key, string root)
    {
        if (section.Text(key) is not { } text)
        {
            return null;
        }

        var path = Path.GetFullPath(text, root);
        if (!Directory.Exists(path))
        {
            section.Refuse(key, $"is no folder: {path}");
        }

        return path;
    }

    private static string? ParseToken(string text, out string token)
    {
        token = text;
        return ProviderToken.IsBearerToken(text) ? null : "has characters that no bearer token can have (RFC 6750 §2.1)";
    }

    private static string? ParseDomain(string text, out string? domain) =>
        JidEnforcement.TryPrepareDomainpart(text, out domain) ? null : $"'{text}' is not a domain";

    private static string? ParseDeadline(string text, out TimeSpan deadline)
    {
        var isNumber = double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds);
        var isGood = isNumber && seconds is >= RefreshDeadlineSecondsMin and <= RefreshDeadlineSecondsMax;
        deadline = isGood ? TimeSpan.FromSeconds(seconds) : default;
        return isGood ? null : string.Create(CultureInfo.InvariantCulture, $"'{text}' is not a number of seconds from {RefreshDeadlineSecondsMin} to {RefreshDeadlineSecondsMax}");
    }

    private static string? ParseSwitch(string text, out bool isOn) => bool.TryParse(text, out isOn) ? null : $"'{text}' is neither true nor false";

    private static string? ParseRequests(string text, out int requests) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out requests) && requests <= RequestsMax
            ? null
            : $"'{text}' is not a number from 0 to {RequestsMax}";

    private static string? ParseMetricsHosts(string text, out int hosts) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out hosts) && hosts <= MetricsHostsMax
            ? null
            : $"'{text}' is not a number from 0 to {MetricsHostsMax}";

    private static string? ParseAuditDays(string text, out TimeSpan keptFor)
    {
        var isGood = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var days) && days is > 0 and <= AuditDaysMax;
        keptFor = TimeSpan.FromDays(isGood ? days : 0);
        return isGood ? null : $"'{text}' is not a number of days from 1 to {AuditDaysMax}";
    }

    private static string? ParseExternalUrl(string text, out string? url)
    {
        url = text;
        return Uri.TryCreate(text.Replace("%host", "host.example", StringComparison.Ordinal), UriKind.Absolute, out var uri)
            && uri.Scheme is "http" or "https" && uri.Query.Length == 0 && uri.Fragment.Length == 0
            ? null
            : $"'{text}' is not an http or https URL (%host may stand for the host)";
    }

    private static void RefuseCollisions(KreweSection section, Dictionary<string, ImmutableArray<IPEndPoint>> listeners)
    {
        var all = listeners.SelectMany(listener => listener.Value.Select(endpoint => (listener.Key, Endpoint: endpoint))).ToList();
        for (var i = 0; i < all.Count; i++)
        {
            for (var j = i + 1; j < all.Count; j++)
            {
                if (EndpointSyntax.Collide(all[i].Endpoint, all[j].Endpoint))
                {
                    section.Refuse([all[i].Key, .. all[i].Key == all[j].Key ? Array.Empty<string>() : [all[j].Key]], $"want the same address {all[j].Endpoint}");
                }
            }
        }
    }

    private static void RefuseOtherProcesses(KreweSection section)
    {
        var roles = section.Text("Roles");
        var isDefault = roles is null
            || roles.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal).SequenceEqual(["frontend", "silo"]);
        string[] keys = [.. section.KeysBelow("Cluster"), .. isDefault ? Array.Empty<string>() : ["Roles"]];
        if (keys.Length > 0)
        {
            section.Refuse(keys, "needs the Orleans host/cluster support, which this build does not have: it is silo and frontend in one process");
        }
    }
}
