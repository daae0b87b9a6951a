using System.Text.Json;
using System.Text.Json.Nodes;

namespace Krewe.Contracts.Hosts;

/// <summary>Components of type <c>muc</c>: room services (XEP-0045).</summary>
internal sealed class MucServiceType() : ComponentType(TypeName, MucServiceKeys.All)
{
    public const string TypeName = "muc";

    public override ComponentSettings Default(string domain) => new MucServiceDraft(domain).ToSettings();

    public override ComponentSettings Read(string domain, JsonElement entry, string path, DocumentProblems problems)
    {
        var draft = new MucServiceDraft(domain);
        HostDocumentReader.ReadObject(entry, path, Keys, problems, draft);
        if (draft.HttpAuth is { EnabledFor: not null, DisabledFor: not null })
        {
            problems.Add(JsonPaths.Member(path, MucServiceKeys.DisabledFor), $"must not be there together with {MucServiceKeys.EnabledFor}");
        }

        return draft.ToSettings();
    }

    public override JsonObject Schema()
    {
        var schema = base.Schema();
        schema["not"] = new JsonObject { ["required"] = new JsonArray(MucServiceKeys.EnabledFor, MucServiceKeys.DisabledFor) };
        return schema;
    }
}

/// <summary>A room service while its entry is read into it.</summary>
internal sealed class MucServiceDraft(string domain)
{
    /// <summary>The values that hold where an entry names none; without a URL.</summary>
    public static readonly MucHttpAuthSettings NoHttpAuth = new() { Url = "" };

    public MucServiceSettings Settings { get; set; } = new() { Domain = domain };

    /// <summary>Collected apart, because the keys may come before the URL, or without one.</summary>
    public MucHttpAuthSettings HttpAuth { get; set; } = NoHttpAuth;

    public MucServiceSettings ToSettings() => HttpAuth.Url.Length > 0 ? Settings with { HttpAuth = HttpAuth } : Settings;
}
