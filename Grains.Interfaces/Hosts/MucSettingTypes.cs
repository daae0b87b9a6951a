using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Krewe.Contracts.Addressing;

namespace Krewe.Contracts.Hosts;

/// <summary>A user's bare JID; read in its prepared form.</summary>
internal sealed class BareJidSetting : SettingType<string>
{
    internal override JsonObject Schema() => new() { ["type"] = "string", ["minLength"] = 3, ["maxLength"] = Jid.BytesMax, ["examples"] = new JsonArray("juliet@example.com") };

    internal override bool TryRead(JsonElement value, string path, DocumentProblems problems, out string result)
    {
        result = "";
        if (value.ValueKind != JsonValueKind.String || !Jid.TryParse(value.GetString(), out var jid) || !jid.IsBare || !jid.HasLocalpart)
        {
            return problems.Add(path, "must be a bare JID such as \"juliet@example.com\"");
        }

        result = jid.Bare;
        return true;
    }
}

/// <summary>A language tag (RFC 5646 §2.1), not compared with the registry.</summary>
internal sealed partial class LanguageSetting : SettingType<string>
{
    private const int CharactersMax = 64;

    private const string Pattern = "^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$";

    internal override JsonObject Schema() => new() { ["type"] = "string", ["pattern"] = Pattern, ["maxLength"] = CharactersMax };

    internal override bool TryRead(JsonElement value, string path, DocumentProblems problems, out string result)
    {
        result = value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        return (result.Length <= CharactersMax && !result.EndsWith('\n') && Tag().IsMatch(result)) || problems.Add(path, "must be a language tag such as \"en-GB\"");
    }

    [GeneratedRegex(Pattern)]
    private static partial Regex Tag();
}

/// <summary><c>false</c> or one of two words.</summary>
internal sealed class RoomCreationSetting : SettingType<RoomCreation>
{
    internal override JsonObject Schema() => new() { ["enum"] = new JsonArray(Show(RoomCreation.Anybody), Show(RoomCreation.Local), Show(RoomCreation.Admin)) };

    internal static JsonNode Show(RoomCreation value) => value switch
    {
        RoomCreation.Local => "local",
        RoomCreation.Admin => "admin",
        _ => false,
    };

    internal override bool TryRead(JsonElement value, string path, DocumentProblems problems, out RoomCreation result)
    {
        result = value.ValueKind != JsonValueKind.String ? RoomCreation.Anybody : value.ValueEquals("local"u8) ? RoomCreation.Local : RoomCreation.Admin;
        return value.ValueKind == JsonValueKind.False || (value.ValueKind == JsonValueKind.String && (result == RoomCreation.Local || value.ValueEquals("admin"u8)))
            || problems.Add(path, "must be false or \"local\" or \"admin\"");
    }
}

/// <summary>What a failure comes to.</summary>
internal sealed class OnErrorSetting : SettingType<MucAuthOnError>
{
    private static readonly WordSetting Word = new(Show(MucAuthOnError.Deny), Show(MucAuthOnError.Allow), Show(MucAuthOnError.Stale));

    internal static string Show(MucAuthOnError value) => value switch
    {
        MucAuthOnError.Allow => "allow",
        MucAuthOnError.Stale => "stale",
        _ => "deny",
    };

    internal override JsonObject Schema() => Word.Schema();

    internal override bool TryRead(JsonElement value, string path, DocumentProblems problems, out MucAuthOnError result)
    {
        result = default;
        if (!Word.TryRead(value, path, problems, out var word))
        {
            return false;
        }

        result = Enum.GetValues<MucAuthOnError>().First(known => Show(known) == word);
        return true;
    }
}

/// <summary>Rooms: a list of localparts, or an object with such a list for each domain of users; <c>all</c> stands for every domain.</summary>
internal sealed class RoomSelectionSetting : SettingType<MucRoomSelection>
{
    private const string AllDomains = "all";

    private const int RoomsMax = 10_000;

    private const int DomainsMax = 1000;

    internal static JsonNode? Show(MucRoomSelection? selection)
    {
        if (selection is null)
        {
            return null;
        }

        if (selection.ByDomain.IsEmpty)
        {
            return Show(selection.All);
        }

        var domains = selection.ByDomain.OrderBy(domain => domain.Key, StringComparer.Ordinal).Select(domain => KeyValuePair.Create(domain.Key, (JsonNode?)Show(domain.Value)));
        return new JsonObject(selection.All.IsEmpty ? domains : domains.Prepend(KeyValuePair.Create(AllDomains, (JsonNode?)Show(selection.All))));
    }

    internal override JsonObject Schema() => new()
    {
        ["anyOf"] = new JsonArray(ListSchema(), new JsonObject { ["type"] = "object", ["maxProperties"] = DomainsMax, ["additionalProperties"] = ListSchema() }),
    };

    internal override bool TryRead(JsonElement value, string path, DocumentProblems problems, out MucRoomSelection result)
    {
        var byDomain = ImmutableDictionary.CreateBuilder<string, ImmutableHashSet<string>>();
        var isGood = value.ValueKind switch
        {
            JsonValueKind.Array => TryReadList(value, path, problems, out var rooms) && byDomain.TryAdd(AllDomains, rooms),
            JsonValueKind.Object => TryReadDomains(value, path, problems, byDomain),
            _ => problems.Add(path, "must be a list of localparts, or an object with such a list for each domain or for \"all\""),
        };
        var all = byDomain.GetValueOrDefault(AllDomains) ?? [];
        byDomain.Remove(AllDomains);
        result = new MucRoomSelection(all, byDomain.ToImmutable());
        return isGood;
    }

    private static bool TryReadDomains(
        JsonElement value, string path, DocumentProblems problems, ImmutableDictionary<string, ImmutableHashSet<string>>.Builder byDomain)
    {
        if (value.GetPropertyCount() > DomainsMax)
        {
            return problems.Add(path, $"must have at most {DomainsMax} domains");
        }

        var isGood = true;
        foreach (var member in value.EnumerateObject())
        {
            var memberPath = JsonPaths.Member(path, member.Name);
            if (!JidEnforcement.TryPrepareDomainpart(member.Name, out var domain))
            {
                isGood = problems.Add(memberPath, "is neither a domainpart (RFC 7622 §3.2) nor \"all\"");
            }
            else if (!TryReadList(member.Value, memberPath, problems, out var rooms))
            {
                isGood = false;
            }
            else if (!byDomain.TryAdd(domain, rooms))
            {
                isGood = problems.Add(memberPath, "is there twice");
            }
        }

        return isGood;
    }

    private static bool TryReadList(JsonElement value, string path, DocumentProblems problems, out ImmutableHashSet<string> result)
    {
        result = [];
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > RoomsMax)
        {
            return problems.Add(path, $"must be a list of at most {RoomsMax} localparts");
        }

        var rooms = ImmutableHashSet.CreateBuilder<string>();
        var isGood = true;
        var index = 0;
        foreach (var item in value.EnumerateArray())
        {
            var itemPath = JsonPaths.Item(path, index++);
            if (item.ValueKind != JsonValueKind.String || !JidEnforcement.TryPrepareLocalpart(item.GetString()!, out var room))
            {
                isGood = problems.Add(itemPath, "must be a room's localpart (RFC 7622 §3.3)");
            }
            else if (!rooms.Add(room))
            {
                isGood = problems.Add(itemPath, "is there twice");
            }
        }

        result = rooms.ToImmutable();
        return isGood;
    }

    private static JsonArray Show(ImmutableHashSet<string> rooms) => new([.. rooms.Order(StringComparer.Ordinal).Select(room => (JsonNode)room)]);

    private static JsonObject ListSchema() => new()
    {
        ["type"] = "array", ["items"] = new JsonObject { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = JidEnforcement.PartBytesMax }, ["maxItems"] = RoomsMax, ["uniqueItems"] = true,
    };
}
