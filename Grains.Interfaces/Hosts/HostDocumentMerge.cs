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
    public static HostDocumentMerged Merge(string domain, long version, string sent, string? stored, bool isProvider)
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
            var buffer = new MemoryStream();
            using (var writer = new Utf8JsonWriter(buffer))
            {
                new HostDocumentWriter(writer, domain, isProvider, touched).WriteObject(
                    sentDocument.RootElement, storedDocument?.RootElement ?? default, HostSettingKeys.All, HostSettings.Default(domain), JsonPaths.Root, isProviderOnly: false);
            }

            json = Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
        }

        using var merged = JsonDocument.Parse(json, HostDocumentReader.JsonOptions);
        var reading = HostDocumentReader.Read(domain, version, merged.RootElement, problems);
        return new HostDocumentMerged(reading.Settings is null ? null : json, reading.Settings, reading.Problems, touched.ToImmutable());
    }
}
