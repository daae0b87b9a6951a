using System.Text.Json;
using Krewe.Contracts.Hosts;

namespace Krewe.Frontend.Doctor;

/// <summary>The host's document itself: whether it can be read, where it is from, and who may change what.</summary>
internal static class DocumentExamination
{
    private const string Subject = "host";

    /// <summary>A document that no host can be made of: one that was stored before a rule that it breaks.</summary>
    public static IReadOnlyList<DoctorItem> OfUnreadable(HostDocument document)
    {
        var problems = HostDocumentReader.Read(document.Domain, document.Version, document.Json!).Problems;
        return problems.IsEmpty
            ? [DoctorItem.Bad(Subject, $"{document.Domain} is not served, although its document can be read: ask again in a moment.")]
            : [.. problems.Select(problem => DoctorItem.Bad(problem.Path, $"{problem.Message}: {document.Domain} is not served until its document is mended."))];
    }

    public static IEnumerable<DoctorItem> Of(HostDocument document, HostSettings host)
    {
        yield return host.Enabled ? DoctorItem.Ok(Subject, $"{host.Domain} is enabled.")
            : host.IsErasing ? DoctorItem.Bad(Subject, $"{host.Domain} is closed while its data is erased. If nobody is at it any more, ask for the erasure again: it goes on where it was cut off.")
            : DoctorItem.Bad("$.enabled", $"{host.Domain} is disabled: its streams are refused with host-gone. Only the provider can enable it.");
        if (document.Source == HostSource.File)
        {
            yield return DoctorItem.Ok(Subject, "The document comes from a file of the provider's and is changed there.");
        }

        foreach (var domain in document.LeftOut)
        {
            yield return DoctorItem.Bad(
                JsonPaths.Member("$.components", domain), $"{domain} is named here and belongs to somebody else: it is a host, or another host's component. It is not served for this host.");
        }

        var (keys, limits) = OfProvider(document.Json!);
        if (keys.Length > 0)
        {
            yield return DoctorItem.Ok(Subject, $"Set by the provider, who alone may change it: {string.Join(", ", keys)}.");
        }

        if (limits.Length > 0)
        {
            yield return DoctorItem.Note("$.limits", $"Without a limit, because they are 0: {string.Join(", ", limits)}. One user of the host may use up what all share.");
        }
    }

    private static (string[] Keys, string[] LimitsOfZero) OfProvider(string json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        string[] keys = [.. HostSettingKeys.All.Where(key => key.IsProviderOnly && root.TryGetProperty(key.Name, out _)).Select(key => key.Name)];

        // What is 0 by default is nobody's decision.
        string[] limits = root.TryGetProperty("limits"u8, out var group) && group.ValueKind == JsonValueKind.Object
            ? [.. group.EnumerateObject().Where(limit => limit.Value.ValueKind == JsonValueKind.Number && limit.Value.TryGetInt32(out var number) && number == 0).Select(limit => limit.Name)]
            : [];
        return (keys, limits);
    }
}
