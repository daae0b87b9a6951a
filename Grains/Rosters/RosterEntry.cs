using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Rosters;

namespace Krewe.Grains.Rosters;

/// <summary>One entry of a <see cref="RosterDocument"/>: what a tenant says of one contact (RFC 6121 §2.1.2). Unknown keys are ignored.</summary>
internal static class RosterEntry
{
    /// <summary>As long as a part of an address may be (RFC 7622 §3.1); over it a roster set is <c>not-acceptable</c> (RFC 6121 §2.3.3).</summary>
    public const int NameBytesMax = 1023;

    public const int GroupBytesMax = 1023;

    /// <summary>Reads the value that the reader stands on, to its end.</summary>
    /// <returns>Why the entry is bad; null when it is good.</returns>
    public static string? Read(ref Utf8JsonReader reader, Jid jid, out RosterItem? item)
    {
        string? reason = null, name = null;
        ImmutableArray<string> groups = [];
        var (subscription, ask, approved) = (SubscriptionState.Both, false, false);
        item = null;
        switch (reader.TokenType)
        {
            // Data may be missing: the contact alone is enough.
            case JsonTokenType.String or JsonTokenType.True:
                break;
            case JsonTokenType.StartArray:
                var first = reader;
                first.Read();
                reader.Skip();
                if (first.TokenType != JsonTokenType.EndArray)
                {
                    return "bad value";
                }

                break;
            case JsonTokenType.StartObject:
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    reason = Field(ref reader, ref name, ref groups, ref subscription, ref ask, ref approved) ?? reason;
                }

                break;
            default:
                return "bad value";
        }

        // A request that is granted is not pending any more (RFC 6121 §2.1.2.2).
        item = reason is null ? new(jid, name, subscription, ask && !subscription.HasTo(), approved, groups) : null;
        return reason;
    }

    /// <summary>The string that the reader stands on; null when it is none that XML can carry (XML 1.0 §2.2).</summary>
    public static string? Text(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName))
        {
            return null;
        }

        string text;
        try
        {
            text = reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair, or bytes that are no UTF-8.
            return null;
        }

        return IsXml(text) ? text : null;
    }

    private static string? Field(
        ref Utf8JsonReader reader, ref string? name, ref ImmutableArray<string> groups, ref SubscriptionState subscription, ref bool ask, ref bool approved)
    {
        if (reader.ValueIsEscaped && Text(ref reader) is null)
        {
            // No key that is known; and it cannot be compared with one.
            reader.Read();
            reader.Skip();
            return null;
        }

        if (reader.ValueTextEquals("name"u8))
        {
            return !IsNull(ref reader) && ((name = Text(ref reader)) is null || Encoding.UTF8.GetByteCount(name) > NameBytesMax) ? SkipBad(ref reader, "bad name") : null;
        }

        if (reader.ValueTextEquals("groups"u8))
        {
            return IsNull(ref reader) || Groups(ref reader, ref groups) ? null : "bad group";
        }

        if (reader.ValueTextEquals("subscription"u8))
        {
            return IsNull(ref reader) || Subscription(ref reader, ref subscription) ? null : SkipBad(ref reader, "bad subscription");
        }

        if (reader.ValueTextEquals("ask"u8))
        {
            ask = !IsNull(ref reader) && Text(ref reader) == "subscribe";
        }
        else if (reader.ValueTextEquals("approved"u8))
        {
            approved = !IsNull(ref reader) && reader.TokenType == JsonTokenType.True;
        }
        else
        {
            reader.Read();
        }

        reader.Skip();
        return null;
    }

    private static bool Subscription(ref Utf8JsonReader reader, ref SubscriptionState subscription)
    {
        if (reader.TokenType != JsonTokenType.String || (reader.ValueIsEscaped && Text(ref reader) is null))
        {
            return false;
        }

        SubscriptionState? known =
            reader.ValueTextEquals("both"u8) ? SubscriptionState.Both
            : reader.ValueTextEquals("to"u8) ? SubscriptionState.To
            : reader.ValueTextEquals("from"u8) ? SubscriptionState.From
            : reader.ValueTextEquals("none"u8) ? SubscriptionState.None
            : null;
        subscription = known ?? subscription;
        return known is not null;
    }

    /// <summary>An array of names, or an object whose keys they are.</summary>
    private static bool Groups(ref Utf8JsonReader reader, ref ImmutableArray<string> groups)
    {
        if (reader.TokenType is not (JsonTokenType.StartArray or JsonTokenType.StartObject))
        {
            return false;
        }

        var isObject = reader.TokenType == JsonTokenType.StartObject;
        var isGood = true;
        var names = new SortedSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType is not (JsonTokenType.EndArray or JsonTokenType.EndObject))
        {
            if (Text(ref reader) is not { } name || Encoding.UTF8.GetByteCount(name) > GroupBytesMax)
            {
                isGood = false;
            }
            else if (name.Length > 0)
            {
                names.Add(name);
            }

            if (isObject)
            {
                reader.Read();
            }

            reader.Skip();
        }

        groups = [.. names];
        return isGood;
    }

    /// <summary>Goes on to a field's value; true when that is null, which counts as absent.</summary>
    private static bool IsNull(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.Null;
    }

    private static string SkipBad(ref Utf8JsonReader reader, string reason)
    {
        reader.Skip();
        return reason;
    }

    private static bool IsXml(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c is (< ' ' and not ('\t' or '\n' or '\r')) or '\uFFFE' or '\uFFFF')
            {
                return false;
            }
        }

        return true;
    }
}
