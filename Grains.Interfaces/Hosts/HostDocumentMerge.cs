using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace Krewe.Contracts.Hosts;

/// <summary>What a document that was sent comes to beside the stored one.</summary>
/// <param name="Json">The document to store; null when it is bad.</param>
/// <param name="Touched">Provider-only places that a caller who is not the provider would change.</param>
public sealed record HostDocumentMerged(
    string? Json, HostSettings? Settings, ImmutableArray<DocumentProblem> Problems, ImmutableArray<DocumentProblem> Touched);

/// <summary>
/// Makes the document to store out of the one that was sent: secrets that are only marked keep their stored value, and what only the provider may set stays as it
/// is when somebody else leaves it out. Everything else is as sent, so leaving it out removes it.
/// </summary>
public static class HostDocumentMerge
{
    /// <param name="defaults">What holds where the document says nothing.</param>
    public static HostDocumentMerged Merge(string domain, long version, string sent, string? stored, bool isProvider, HostDefaults? defaults = null)
    {
        var problems = new DocumentProblems();
        using var sentDocument = HostDocumentReader.TryParse(sent, problems);
        using var storedDocument = stored is null ? null : JsonDocument.Parse(stored, HostDocumentReader.JsonOptions);
        if (sentDocument is null)
        {
            return new HostDocumentMerged(null, null, problems.ToImmutable(), []);
        }

        var touched = new DocumentProblems();
        var json = sent;
        if (sentDocument.RootElement.ValueKind == JsonValueKind.Object)
        {
            var layers = (defaults ?? HostDefaults.None).Under(sentDocument.RootElement);
            json = Write(writer => new HostDocumentWriter(writer, domain, isProvider, touched).Write(
                sentDocument.RootElement, storedDocument?.RootElement ?? default, HostSettingKeys.All, layers));
        }

        using var merged = JsonDocument.Parse(json, HostDocumentReader.JsonOptions);
        var reading = HostDocumentReader.Read(domain, version, merged.RootElement, problems);
        return new HostDocumentMerged(reading.Settings is null ? null : json, reading.Settings, reading.Problems, touched.ToImmutable());
    }

    /// <summary>The same for the provider's defaults, which only the provider sends.</summary>
    public static (string? Json, ImmutableArray<DocumentProblem> Problems) MergeDefaults(string sent, string stored)
    {
        var problems = new DocumentProblems();
        using var sentDocument = HostDocumentReader.TryParse(sent, problems);
        if (sentDocument is null)
        {
            return (null, problems.ToImmutable());
        }

        using var storedDocument = JsonDocument.Parse(stored, HostDocumentReader.JsonOptions);
        var json = sentDocument.RootElement.ValueKind != JsonValueKind.Object ? sent : Write(writer => new HostDocumentWriter(writer, "", isProvider: true, new()).Write(
            sentDocument.RootElement, storedDocument.RootElement, HostDefaults.Keys, [new(SettingOrigin.Provider, sentDocument.RootElement)]));
        using var merged = JsonDocument.Parse(json, HostDocumentReader.JsonOptions);
        HostDocumentReader.ReadObject(merged.RootElement, JsonPaths.Root, HostDefaults.Keys, problems, new HostSettingsDraft(HostSchema.ExampleDomain, 0));
        return problems.IsEmpty ? (json, []) : (null, problems.ToImmutable());
    }

    private static string Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            write(writer);
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }
}
