using System.Collections.Immutable;
using System.Text.Json;
using Krewe.Contracts.Addressing;

namespace Krewe.Contracts.Hosts;

/// <summary>What reading a host document came to: the settings, or every bad place.</summary>
public sealed record HostDocumentReading(HostSettings? Settings, ImmutableArray<DocumentProblem> Problems);

/// <summary>
/// Reads and checks a host document by <see cref="HostSettingKeys"/>. Unknown and repeated keys are refused by path, and all bad places are
/// found in one go. A document is taken as a whole or not at all.
/// </summary>
public static class HostDocumentReader
{
    /// <summary>The largest document, in bytes of UTF-8.</summary>
    public const int DocumentBytesMax = 1024 * 1024;

    /// <summary>The path of the document as a whole.</summary>
    public const string Root = JsonPaths.Root;

    internal static readonly JsonDocumentOptions JsonOptions = new() { MaxDepth = 16 };

    /// <param name="defaults">What holds where the document says nothing. Whether a document is good does not depend on it.</param>
    public static HostDocumentReading Read(string domain, long version, string json, HostDefaults? defaults = null)
    {
        var problems = new DocumentProblems();
        using var document = TryParse(json, problems);
        return document is null ? new HostDocumentReading(null, problems.ToImmutable()) : Read(domain, version, document.RootElement, problems, defaults);
    }

    /// <summary>The paths of some components in a good document, which may have their domains in another spelling.</summary>
    public static ImmutableArray<string> ComponentPaths(string json, ImmutableArray<string> domains)
    {
        using var document = JsonDocument.Parse(json, JsonOptions);
        return !document.RootElement.TryGetProperty(HostSettingKeys.Components, out var components) ? [] :
        [
            .. components.EnumerateObject()
                .Where(entry => JidEnforcement.TryPrepareDomainpart(entry.Name, out var domain) && domains.Contains(domain))
                .Select(entry => JsonPaths.Member(JsonPaths.Member(JsonPaths.Root, HostSettingKeys.Components), entry.Name)),
        ];
    }

    /// <summary>Whose a stored document says that the host is, even where it is none by the rules of this version.</summary>
    public static string TenantIn(string domain, string json)
    {
        using var document = JsonDocument.Parse(json, JsonOptions);
        return document.RootElement.TryGetProperty(HostSettingKeys.Tenant, out var name) ? name.GetString()! : domain;
    }

    internal static HostDocumentReading Read(string domain, long version, JsonElement root, DocumentProblems problems, HostDefaults? defaults = null)
    {
        var draft = new HostSettingsDraft(domain, version) { Layers = (defaults ?? HostDefaults.None).Under(root) };
        SettingInheritance.Read(HostSettingKeys.All, draft.Layers, draft);
        ReadObject(root, JsonPaths.Root, HostSettingKeys.All, problems, draft);
        draft.Check(problems);
        return problems.IsEmpty ? new HostDocumentReading(draft.ToSettings(), []) : new HostDocumentReading(null, problems.ToImmutable());
    }

    internal static JsonDocument? TryParse(string json, DocumentProblems problems)
    {
        try
        {
            var document = JsonDocument.Parse(json, JsonOptions);
            if (JsonSurrogates.AreWhole(json))
            {
                return document;
            }

            document.Dispose();
            problems.Add(JsonPaths.Root, "has an escape that is half of a character (RFC 8259 §8.2)");
            return null;
        }
        catch (JsonException e)
        {
            // The parser's own message may quote the text, which may be a secret; its position may not.
            problems.Add(JsonPaths.Root, $"is not JSON (RFC 8259), or nested more than {JsonOptions.MaxDepth} deep: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}");
            return null;
        }
    }

    internal static void ReadObject(
        JsonElement value, string path, ImmutableArray<HostSettingKey> keys, DocumentProblems problems, object draft)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            problems.Add(path, "must be an object");
            return;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in value.EnumerateObject())
        {
            var memberPath = JsonPaths.Member(path, member.Name);
            if (!seen.Add(member.Name))
            {
                problems.Add(memberPath, "is there twice");
            }
            else if (keys.Find(member.Name) is { } key)
            {
                key.Read(member.Value, memberPath, problems, draft);
            }
            else
            {
                problems.Add(memberPath, "is not a key of a host document");
            }
        }

        foreach (var key in keys)
        {
            if (key.IsRequired && !seen.Contains(key.Name))
            {
                problems.Add(JsonPaths.Member(path, key.Name), "is missing");
            }

            // Of the two, the later in the table is told.
            if (key.Rival is { } rival && seen.Contains(key.Name) && seen.Contains(rival) && keys.IndexOf(key) > keys.IndexOf(keys.Find(rival)!))
            {
                problems.Add(JsonPaths.Member(path, key.Name), $"must not be there together with {rival}");
            }
        }
    }
}
