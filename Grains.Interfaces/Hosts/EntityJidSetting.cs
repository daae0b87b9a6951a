using System.Text.Json;
using System.Text.Json.Nodes;
using Krewe.Contracts.Addressing;

namespace Krewe.Contracts.Hosts;

/// <summary>Who may be handed a part of the host's work: a component by its domain, or a user by a bare or full JID; read in its prepared form.</summary>
internal sealed class EntityJidSetting : SettingType<Jid>
{
    internal override JsonObject Schema() => new() { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = Jid.BytesMax, ["examples"] = new JsonArray("pubsub.example.com", "bot@example.com") };

    internal override bool TryRead(JsonElement value, string path, DocumentProblems problems, out Jid result)
    {
        result = null!;
        return value.ValueKind == JsonValueKind.String ? TryRead(value.GetString()!, path, problems, out result) : Refuse(path, problems);
    }

    internal static bool TryRead(string text, string path, DocumentProblems problems, out Jid result)
    {
        result = Jid.TryParse(text, out var jid) && (jid.IsDomain || jid.HasLocalpart) ? jid : null!;
        return result is not null || Refuse(path, problems);
    }

    private static bool Refuse(string path, DocumentProblems problems) => problems.Add(path, "must be a component's domain, or a user's bare or full JID (RFC 7622)");
}
