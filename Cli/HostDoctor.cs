using System.Globalization;
using System.Text.Json.Nodes;

namespace Krewe.Cli;

internal enum Level
{
    Good,
    Note,
    Bad,
}

/// <param name="Message">For people: what is so, and what follows from it.</param>
internal sealed record Finding(Level Level, string Message);

/// <summary>What can be told of a host by looking at it from outside: whether it serves, where its rosters and room decisions come from, and who answers its delegated namespaces.</summary>
internal static class HostDoctor
{
    /// <summary>Null when there is no such host.</summary>
    public static async Task<IReadOnlyList<Finding>?> ExamineAsync(ApiClient api, string host)
    {
        var path = $"/api/v1/hosts/{Uri.EscapeDataString(host)}";
        if (await api.GetAsync(path) is not JsonObject document)
        {
            return null;
        }

        var findings = new List<Finding>
        {
            (bool?)document["enabled"] == false
                ? new Finding(Level.Bad, $"{host} is disabled: its streams are refused with host-gone. Only the provider can enable it.")
                : new Finding(Level.Good, $"{host} is enabled"),
            (string?)document["http_roster_url"] is { } rosters
                ? new Finding(Level.Good, $"rosters come from {rosters}")
                : new Finding(Level.Note, "the host keeps its own rosters: there is no http_roster_url"),
        };
        AddComponents(findings, document);
        var delegations = await api.ListAsync($"{path}/delegations") ?? [];
        foreach (var grant in delegations)
        {
            findings.Add(OfGrant(grant!.AsObject()));
        }

        return findings;
    }

    private static void AddComponents(List<Finding> findings, JsonObject document)
    {
        foreach (var (domain, component) in document["components"] as JsonObject ?? [])
        {
            if ((string?)component!["type"] != "muc")
            {
                continue;
            }

            findings.Add((string?)component["muc_http_auth_url"] is { } url
                ? new Finding(Level.Good, $"{domain}: who may be in a room is asked at {url}")
                : new Finding(Level.Note, $"{domain}: nobody is asked who may be in a room: there is no muc_http_auth_url"));
        }
    }

    private static Finding OfGrant(JsonObject grant)
    {
        var filtering = grant["filtering"] is JsonArray { Count: > 0 } attributes ? $" with {string.Join(", ", attributes.Select(name => (string?)name))}" : "";
        var what = $"{grant["namespace"]}{filtering} is answered by {(string?)grant["jid"] ?? (string?)grant["url"]}";
        if ((bool?)grant["live"] != true)
        {
            return new Finding(Level.Bad, $"{what}, but nobody does now: {grant["reason"]}. Requests get service-unavailable.");
        }

        long Count(string name) => (long?)grant[name] ?? 0;
        var (forwarded, lost) = (Count("forwarded"), Count("timeouts") + Count("malformed"));
        var counts = string.Create(CultureInfo.InvariantCulture,
            $"{forwarded} forwarded, {Count("answered")} answered, {Count("pending")} pending, {Count("timeouts")} timed out, {Count("malformed")} malformed, {Count("refused")} refused");

        // More than one in a hundred: somebody has noticed.
        return forwarded >= 100 && lost * 100 > forwarded
            ? new Finding(Level.Bad, $"{what}, too slowly or not as it should: {counts}")
            : new Finding(lost > 0 ? Level.Note : Level.Good, $"{what}: {counts}");
    }
}
