using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Krewe.Contracts.Hosts;

namespace Krewe.Cli;

/// <summary>One host document and what is wrong with it.</summary>
/// <param name="Settings">What it comes to; null when it is bad.</param>
internal sealed record CheckedFile(string Path, string Host, HostSettings? Settings, ImmutableArray<DocumentProblem> Problems)
{
    /// <summary>Places that keep a secret, which only a server could have.</summary>
    public ImmutableArray<string> Kept { get; init; } = [];

    /// <summary>Places that only the provider may set or change.</summary>
    public ImmutableArray<string> OfProvider { get; init; } = [];

    public JsonObject ToJson() => new()
    {
        ["file"] = Path,
        ["host"] = Host,
        ["valid"] = Problems.IsEmpty,
        ["kept_secrets"] = new JsonArray([.. Kept.Select(path => (JsonNode)path)]),
        ["provider_only"] = new JsonArray([.. OfProvider.Select(path => (JsonNode)path)]),
        ["problems"] = new JsonArray([.. Problems.Select(problem => (JsonNode)new JsonObject { ["path"] = problem.Path, ["message"] = problem.Message })]),
    };
}

/// <summary>Domains that more than one document of a folder has: no domain is a host or a component twice.</summary>
internal static class DomainClashes
{
    public static IReadOnlyList<CheckedFile> Find(IReadOnlyList<CheckedFile> files)
    {
        var domains = files.SelectMany(file => (file.Settings?.Components.Keys ?? []).Prepend(file.Host)).GroupBy(domain => domain, StringComparer.Ordinal)
            .Where(group => group.Count() > 1).Select(group => group.Key).ToHashSet(StringComparer.Ordinal);
        return [.. files.Select(file => file with { Problems = [.. file.Problems, .. Of(file, domains)] })];
    }

    private static IEnumerable<DocumentProblem> Of(CheckedFile file, HashSet<string> twice)
    {
        if (twice.Contains(file.Host))
        {
            yield return new(HostDocumentReader.Root, $"is for {file.Host}, which another file has too");
        }

        foreach (var domain in (file.Settings?.Components.Keys ?? []).Where(twice.Contains).Order(StringComparer.Ordinal))
        {
            yield return new(JsonPaths.Member("$.components", domain), "is a domain that another file has too");
        }
    }
}
