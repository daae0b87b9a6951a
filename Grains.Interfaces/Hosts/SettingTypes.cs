using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Krewe.Contracts.Hosts;

/// <summary><c>true</c> or <c>false</c>.</summary>
internal sealed class BooleanSetting : SettingType<bool>
{
    internal override JsonObject Schema() => new() { ["type"] = "boolean" };

    internal override bool TryRead(JsonElement value, string path, DocumentProblems problems, out bool result)
    {
        result = value.ValueKind == JsonValueKind.True;
        return result || value.ValueKind == JsonValueKind.False || problems.Add(path, "must be true or false");
    }
}

/// <summary>A whole number of things or bytes.</summary>
internal sealed class IntegerSetting(int minimum, int maximum) : SettingType<int>
{
    internal override JsonObject Schema() => new() { ["type"] = "integer", ["minimum"] = minimum, ["maximum"] = maximum };

    internal override bool TryRead(JsonElement value, string path, DocumentProblems problems, out int result)
    {
        result = 0;
        return (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out result) && result >= minimum && result <= maximum)
            || problems.Add(path, $"must be a whole number from {minimum} to {maximum}");
    }
}

/// <summary>A duration in seconds, which may have a fraction.</summary>
internal sealed class SecondsSetting(double minimum, double maximum) : SettingType<TimeSpan>
{
    internal override JsonObject Schema() => new() { ["type"] = "number", ["minimum"] = minimum, ["maximum"] = maximum };

    internal override bool TryRead(JsonElement value, string path, DocumentProblems problems, out TimeSpan result)
    {
        result = default;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var seconds) || !(seconds >= minimum && seconds <= maximum))
        {
            return problems.Add(path, string.Create(CultureInfo.InvariantCulture, $"must be a number of seconds from {minimum} to {maximum}"));
        }

        result = TimeSpan.FromSeconds(seconds);
        return true;
    }
}

/// <summary>Text of one line. <paramref name="isHeader"/>: what an HTTP header field can carry without change (RFC 9110 §5.5).</summary>
internal sealed class TextSetting(int charactersMax, bool isHeader = false, int charactersMin = 1) : SettingType<string>
{
    internal override JsonObject Schema() => new()
    {
        ["type"] = "string",
        ["minLength"] = charactersMin,
        ["maxLength"] = charactersMax,
        ["pattern"] = isHeader ? "^[!-~]([ -~]*[!-~])?$" : "^[^\\u0000-\\u001f\\u007f]*$",
    };

    internal override bool TryRead(JsonElement value, string path, DocumentProblems problems, out string result)
    {
        result = value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        var isFit = result.Length >= charactersMin && result.Length <= charactersMax
            && (isHeader ? result.All(c => c is >= ' ' and <= '~') && result[0] != ' ' && result[^1] != ' ' : !result.Any(char.IsControl));
        return isFit || problems.Add(path, isHeader
            ? $"must be a string of {charactersMin} to {charactersMax} printable ASCII characters, without a space at either end"
            : $"must be a string of {charactersMin} to {charactersMax} characters without control characters");
    }
}

/// <summary>
/// The address of a tenant's service: absolute, <c>http</c> or <c>https</c>. Credentials belong into a header that is stored as a secret. Where it may lead is
/// judged when it is connected to, not here.
/// </summary>
/// <param name="isTemplate">Whether <c>%s</c> stands where the percent-encoded localpart goes.</param>
/// <param name="mayBeNone">Whether <c>false</c> says that there is none, whatever would be inherited. It is read as empty.</param>
internal sealed class UrlSetting(bool isTemplate, bool mayBeNone = false) : SettingType<string>
{
    private const int CharactersMax = 2048;

    internal override JsonObject Schema()
    {
        var url = new JsonObject
        {
            ["type"] = "string", ["format"] = isTemplate ? "uri-template" : "uri", ["pattern"] = "^[Hh][Tt][Tt][Pp][Ss]?://[^/?#@%\\s\\\\]+([/?][^#\\s\\\\]*)?$", ["maxLength"] = CharactersMax,
        };
        return mayBeNone ? new JsonObject { ["anyOf"] = new JsonArray(url, new JsonObject { ["const"] = false }) } : url;
    }

    internal override bool TryRead(JsonElement value, string path, DocumentProblems problems, out string result)
    {
        if (mayBeNone && value.ValueKind == JsonValueKind.False)
        {
            result = "";
            return true;
        }

        result = value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        // A backslash is read as a slash by some and not by others, so the two could see different servers.
        if (result.Length is 0 or > CharactersMax || result.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || c == '\\')
            || !Uri.TryCreate(result.Replace("%s", "s", StringComparison.Ordinal), UriKind.Absolute, out var uri)
            || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps) || uri.Host.Length == 0
            || result.IndexOf("://", StringComparison.Ordinal) is not (> 0 and var colon))
        {
            return problems.Add(path, $"must be an absolute http or https URL of at most {CharactersMax} characters");
        }

        if (result.Contains('#', StringComparison.Ordinal))
        {
            return problems.Add(path, "must not have a fragment");
        }

        var authority = result[(colon + 3)..].Split('/', '?')[0];
        if (authority.Contains('@', StringComparison.Ordinal))
        {
            return problems.Add(path, "must not hold a user name or password");
        }

        // A name that users choose must never choose the server that is asked.
        if (authority.Contains('%', StringComparison.Ordinal))
        {
            return problems.Add(path, "must have %s in the path or the query, not in the host");
        }

        return isTemplate || !result.Contains("%s", StringComparison.Ordinal) || problems.Add(path, "must not have %s: what is asked about is added as a query");
    }
}

/// <summary>One value, or a list of them.</summary>
internal sealed class OneOrMoreSetting<T>(SettingType<T> item, int itemsMax, int itemsMin = 1) : SettingType<ImmutableArray<T>>
{
    internal override JsonObject Schema() => new()
    {
        ["anyOf"] = new JsonArray(item.Schema(), new JsonObject
        {
            ["type"] = "array", ["items"] = item.Schema(), ["minItems"] = itemsMin, ["maxItems"] = itemsMax, ["uniqueItems"] = true,
        }),
    };

    internal override bool TryRead(JsonElement value, string path, DocumentProblems problems, out ImmutableArray<T> result)
    {
        result = [];
        if (value.ValueKind != JsonValueKind.Array)
        {
            if (!item.TryRead(value, path, problems, out var only))
            {
                return false;
            }

            result = [only];
            return true;
        }

        var length = value.GetArrayLength();
        if (length < itemsMin || length > itemsMax)
        {
            return problems.Add(path, $"must have {itemsMin} to {itemsMax} items");
        }

        var items = new List<T>(length);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var isGood = true;
        for (var i = 0; i < length; i++)
        {
            var itemPath = JsonPaths.Item(path, i);
            if (!seen.Add(value[i].GetRawText()))
            {
                isGood = problems.Add(itemPath, "is there twice");
            }
            else if (item.TryRead(value[i], itemPath, problems, out var one))
            {
                items.Add(one);
            }
            else
            {
                isGood = false;
            }
        }

        result = [.. items];
        return isGood;
    }
}

/// <summary>One of a few words.</summary>
internal sealed class WordSetting(params ImmutableArray<string> words) : SettingType<string>
{
    internal override JsonObject Schema() => new() { ["enum"] = new JsonArray([.. words.Select(word => (JsonNode)word)]) };

    internal override bool TryRead(JsonElement value, string path, DocumentProblems problems, out string result)
    {
        result = value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        return words.Contains(result) || problems.Add(path, $"must be {string.Join(" or ", words.Select(word => $"\"{word}\""))}");
    }
}

/// <summary>A network in CIDR form, or one address.</summary>
internal sealed class NetworkSetting : SettingType<IPNetwork>
{
    internal override JsonObject Schema() => new() { ["type"] = "string", ["minLength"] = 2, ["maxLength"] = 64, ["examples"] = new JsonArray("192.0.2.0/24", "2001:db8::1") };

    internal override bool TryRead(JsonElement value, string path, DocumentProblems problems, out IPNetwork result)
    {
        result = default;
        var text = value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        if (IPNetwork.TryParse(text, out result))
        {
            return true;
        }

        if (!text.Contains('/', StringComparison.Ordinal) && IPAddress.TryParse(text, out var address))
        {
            result = new IPNetwork(address, address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? 32 : 128);
            return true;
        }

        return problems.Add(path, "must be a network such as \"192.0.2.0/24\", or an address");
    }
}

/// <summary>A secret that signs hook calls (Standard Webhooks): <c>whsec_</c> and base64.</summary>
internal sealed class HookSecretSetting : SettingType<ReadOnlyMemory<byte>>
{
    private const string Prefix = "whsec_";

    /// <summary>Standard Webhooks asks for 24 to 64 bytes; shorter ones that a tenant already uses are taken down to 128 bits.</summary>
    private const int BytesMin = 16;

    private const int BytesMax = 128;

    internal override JsonObject Schema() => new() { ["type"] = "string", ["pattern"] = "^whsec_[A-Za-z0-9+/]+={0,2}$" };

    internal override bool TryRead(JsonElement value, string path, DocumentProblems problems, out ReadOnlyMemory<byte> result)
    {
        result = default;
        if (HostSecrets.IsMarker(value))
        {
            return problems.Add(path, HostSecrets.NothingToKeep);
        }

        var text = value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        var bytes = new byte[BytesMax + 2];
        if (!text.StartsWith(Prefix, StringComparison.Ordinal) || !Convert.TryFromBase64String(text[Prefix.Length..], bytes, out var length)
            || length is < BytesMin or > BytesMax)
        {
            return problems.Add(path, $"must be {Prefix} and the base64 of {BytesMin} to {BytesMax} bytes");
        }

        result = bytes.AsMemory(0, length);
        return true;
    }
}
