using System.Text;
using System.Text.Json;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;

namespace Krewe.Grains.Muc;

/// <summary>What the <c>allowed</c> of an answer says.</summary>
internal enum MucAllowed
{
    /// <summary>There is no object that could have one.</summary>
    NoObject,

    /// <summary>It is missing, there twice, or no boolean.</summary>
    Unclear,
    Yes,
    No,
}

/// <summary>
/// The members of an answer's object. Of one that is there twice neither counts: readers differ about which does, and a door hangs on it. Null counts as absent;
/// unknown members are ignored.
/// </summary>
internal static class MucAuthFields
{
    /// <summary>Of a text that people read.</summary>
    public const int TextCharsMax = 512;

    public static (MucAllowed Allowed, MucAuthAnswer Said) Read(JsonElement answer)
    {
        // One that is there twice stands here without a value, which is of no use to anybody.
        var members = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var member in answer.EnumerateObject())
        {
            if (Name(member) is { } name && !members.TryAdd(name, member.Value))
            {
                members[name] = default;
            }
        }

        var allowed = MucAllowed.Unclear;
        var said = new MucAuthAnswer(MucAnswerKind.Failed);
        var ignored = 0;
        foreach (var (name, value) in members)
        {
            if (value.ValueKind != JsonValueKind.Null && !Take(name, value, ref allowed, ref said))
            {
                ignored++;
            }
        }

        return (allowed, said with { IgnoredCount = ignored });
    }

    /// <summary>A text as plain as it can be shown anywhere: nothing that controls anything, on one line, and not too long; null when nothing is left.</summary>
    public static string? Plain(string text)
    {
        var plain = new StringBuilder(Math.Min(text.Length, TextCharsMax));
        foreach (var rune in text.EnumerateRunes())
        {
            var shown = rune.Value is '\t' or '\n' or '\r' ? new Rune(' ') : rune;

            // U+FFFE and U+FFFF are no characters of XML 1.0 (§2.2).
            if (Rune.IsControl(shown) || shown.Value is 0xFFFE or 0xFFFF)
            {
                continue;
            }

            if (plain.Length + shown.Utf16SequenceLength > TextCharsMax)
            {
                break;
            }

            plain.Append(shown);
        }

        return plain.ToString().Trim() is { Length: > 0 } rest ? rest : null;
    }

    /// <summary>False when the member is one of ours and its value is not.</summary>
    private static bool Take(string name, JsonElement value, ref MucAllowed allowed, ref MucAuthAnswer said)
    {
        var taken = name switch
        {
            "allowed" => Allowed(value, ref allowed) ? said : null,
            "affiliation" => Affiliation(value) is { } affiliation ? said with { Affiliation = affiliation } : null,
            "role" => Role(value) is { } role ? said with { Role = role } : null,
            "expires_in" => ExpiresIn(value) is { } duration ? said with { ExpiresIn = duration } : null,
            "any_nickname" => value.ValueKind is JsonValueKind.True or JsonValueKind.False ? said with { IsAnyNickname = value.ValueKind == JsonValueKind.True } : null,
            "reason" => Text(value) is { } reason ? said with { Reason = Plain(reason) } : null,
            "condition" => Condition(value, out var condition) ? said with { Condition = condition } : null,
            "error" => Text(value) is { } error ? said with { Error = Plain(error) } : null,
            _ => said,
        };
        said = taken ?? said;
        return taken is not null;
    }

    private static bool Allowed(JsonElement value, ref MucAllowed allowed)
    {
        allowed = value.ValueKind switch
        {
            JsonValueKind.True => MucAllowed.Yes,
            JsonValueKind.False => MucAllowed.No,
            _ => MucAllowed.Unclear,
        };
        return allowed != MucAllowed.Unclear;
    }

    private static MucAffiliation? Affiliation(JsonElement value) => Text(value) switch
    {
        "owner" => MucAffiliation.Owner,
        "admin" => MucAffiliation.Admin,
        "member" => MucAffiliation.Member,
        "none" => MucAffiliation.None,
        "outcast" => MucAffiliation.Outcast,
        _ => null,
    };

    private static MucRole? Role(JsonElement value) => Text(value) switch
    {
        "moderator" => MucRole.Moderator,
        "participant" => MucRole.Participant,
        "visitor" => MucRole.Visitor,
        _ => null,
    };

    private static TimeSpan? ExpiresIn(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var seconds) && seconds >= 0
            ? TimeSpan.FromSeconds(Math.Min(seconds, MucAuthAnswer.ExpiresInMax.TotalSeconds))
            : null;

    private static bool Condition(JsonElement value, out StanzaErrorCondition? condition)
    {
        var word = Text(value);
        condition = word switch
        {
            "forbidden" => StanzaErrorCondition.Forbidden,
            "registration-required" => StanzaErrorCondition.RegistrationRequired,
            "item-not-found" => StanzaErrorCondition.ItemNotFound,
            "service-unavailable" => StanzaErrorCondition.ServiceUnavailable,
            _ => null,
        };
        return condition is not null || word == "not-authorized";
    }

    private static string? Text(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair, or bytes that are no UTF-8.
            return null;
        }
    }

    private static string? Name(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            // As above; no name of ours.
            return null;
        }
    }
}
