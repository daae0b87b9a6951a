using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Krewe.Contracts.Hosts;

/// <summary>The part of the table of keys that says how clients show who they are (contract §3).</summary>
internal static class AuthenticationKeys
{
    public const string Authentication = "authentication";

    public const string HttpAuthUrl = "http_auth_url";

    public const string JwtKeys = "jwt_keys";

    public const string JwtKeysFile = "jwt_keys_file";

    public const string JwtSecret = "jwt_secret";

    private const int AuthenticationsMax = 8;

    private const int AudiencesMax = 16;

    private const double SkewSecondsMax = 600;

    private static readonly ChoiceSetting<HostAuthentication> Kinds = new(
        ("internal_hashed", HostAuthentication.InternalHashed), ("http", HostAuthentication.Http), ("jwt", HostAuthentication.Jwt), ("anonymous", HostAuthentication.Anonymous));

    private static readonly ChoiceSetting<bool> Methods = new(("GET", false), ("POST", true));

    public static ImmutableArray<HostSettingKey> All { get; } =
    [
        new HostSettingKey<ImmutableArray<HostAuthentication>>(Authentication, new OneOrMoreSetting<HostAuthentication>(Kinds, AuthenticationsMax),
            (draft, value) => draft.Settings = draft.Settings with { Authentication = value }, settings => Show(settings.Authentication),
            "How clients show who they are. internal_hashed: by a password whose SCRAM keys the host's own account has. http: by a password that http_auth_url knows (SASL PLAIN only). "
            + "jwt: by a signed token, as the password of SASL PLAIN or by OAUTHBEARER. anonymous: not at all (SASL ANONYMOUS); such a user has a random name, keeps nothing, and reaches no other "
            + "host. A list is tried in order; SCRAM asks internal_hashed alone, so clients of users whom only another one knows must choose PLAIN."),
        Http<string>(HttpAuthUrl, new BaseUrlSetting(), (auth, value) => auth with { Url = value }, auth => auth.Url.Length > 0 ? auth.Url : null,
            "Where passwords are checked: /check_password and /user_exists are added to it, with user, server and pass. The answer is true or false; anything else counts as an outage."),
        new HostSettingKey<string>("http_auth_credentials", new BasicCredentialsSetting(),
            (draft, value) => draft.HttpAuth = draft.HttpAuth with { Credentials = value }, settings => settings.HttpAuth?.Credentials is null ? null : HostSecrets.Marker(),
            "user:password, sent by HTTP Basic with these requests.") { IsSecret = true, GoesWith = HttpAuthUrl },
        Http<bool>("http_auth_method", Methods, (auth, value) => auth with { IsPost = value }, auth => Methods.Show(auth.IsPost),
            "GET: in the query. POST: as a form in the body, which fewer logs show."),
        Http<TimeSpan>("http_auth_timeout", new SecondsSetting(0.1, HostSettingKeys.HookSecondsMax), (auth, value) => auth with { Timeout = value }, auth => HostSettingKeys.Seconds(auth.Timeout),
            "The total deadline of a request, attempts together. Seconds."),
        Jwt<JwtKeySet>(JwtKeys, new JwtKeysSetting(), (jwt, value) => jwt with { Keys = value }, jwt => jwt.Keys is { } keys ? JsonNode.Parse(keys.Json) : null,
            "Whose tokens count: public keys in PEM, or a JWKS document. RS256 to RS512, PS256 to PS512, ES256 to ES512; RSA keys of 2048 bits at least.",
            document => HasAny(document, JwtKeysFile, JwtSecret)),
        new HostSettingKey<string>(JwtKeysFile, new FileNameSetting(),
            (draft, value) => draft.Jwt = draft.Jwt with { KeysFile = value }, settings => settings.Jwt?.KeysFile,
            "The same as a JWKS file of this name in the folder jwks of the data folder; read again when it changes. Not together with jwt_keys.") { IsProviderOnly = true, IsContradictedBy = static document => HasAny(document, JwtKeys, JwtSecret) },
        new HostSettingKey<ImmutableArray<ReadOnlyMemory<byte>>>(JwtSecret, new OneOrMoreSetting<ReadOnlyMemory<byte>>(new JwtSecretSetting(), 2),
            (draft, value) => draft.Jwt = draft.Jwt with { Secrets = value }, settings => settings.Jwt is { Secrets.IsEmpty: false } ? HostSecrets.Marker() : null,
            "A secret that the signer of tokens shares with the host (HS256; with 48 bytes also HS384, with 64 also HS512), or a list of two during rotation. Not together with jwt_keys.") { IsSecret = true },
        Jwt<string>("jwt_issuer", new TextSetting(1024), (jwt, value) => jwt with { Issuer = value }, jwt => jwt.Issuer,
            "The iss that a token must have; any or none when absent."),
        Jwt<ImmutableArray<string>>("jwt_audience", new OneOrMoreSetting<string>(new TextSetting(1024), AudiencesMax),
            (jwt, value) => jwt with { Audiences = value },
            jwt => jwt.Audiences switch { [] => null, [var only] => only, var many => new JsonArray([.. many.Select(each => (JsonNode)each)]) },
            "The aud that a token must have, or one of several; any or none when absent. Name it where the issuer signs tokens for others too."),
        Jwt<string>("jwt_user_claim", new TextSetting(255), (jwt, value) => jwt with { UserClaim = value }, jwt => jwt.UserClaim,
            "The claim that names the user: a localpart, or a bare JID of the host."),
        Jwt<TimeSpan>("jwt_clock_skew", new SecondsSetting(0, SkewSecondsMax), (jwt, value) => jwt with { ClockSkew = value }, jwt => HostSettingKeys.Seconds(jwt.ClockSkew),
            "How far the issuer's clock may be from this one, for exp and nbf. Seconds."),
    ];

    /// <summary>Adds what is wrong between these keys, once all are read.</summary>
    public static void Check(HostSettingsDraft draft, DocumentProblems problems)
    {
        var kinds = draft.Settings.Authentication;
        if (kinds.Contains(HostAuthentication.Http) && draft.HttpAuth.Url.Length == 0)
        {
            Missing(HttpAuthUrl, "http", HttpAuthUrl);
        }

        // One that is bad itself has been told.
        string[] given = [.. new[] { JwtKeys, JwtKeysFile, JwtSecret }.Where(key => IsGiven(draft.Jwt, key) || problems.IsAbout(Path(key)))];
        if (kinds.Contains(HostAuthentication.Jwt) && given.Length == 0)
        {
            Missing(JwtKeys, "jwt", $"{JwtKeys} or {JwtSecret}");
        }

        foreach (var other in given.Skip(1))
        {
            problems.Add(Path(other), $"must not be together with \"{given[0]}\"");
        }

        void Missing(string key, string kind, string needed)
        {
            if (!problems.IsAbout(Path(key)))
            {
                problems.Add(Path(key), $"is missing: \"{Authentication}\" has \"{kind}\", which needs {needed}");
            }
        }
    }

    private static bool IsGiven(JwtSettings jwt, string key) => key switch
    {
        JwtKeys => jwt.Keys is not null,
        JwtKeysFile => jwt.KeysFile is not null,
        _ => !jwt.Secrets.IsEmpty,
    };

    private static string Path(string key) => JsonPaths.Member(JsonPaths.Root, key);

    private static JsonNode Show(ImmutableArray<HostAuthentication> kinds) =>
        kinds is [var only] ? Kinds.Show(only) : new JsonArray([.. kinds.Select(kind => (JsonNode)Kinds.Show(kind))]);

    private static HostSettingKey<T> Http<T>(
        string name, SettingType<T> type, Func<HttpAuthSettings, T, HttpAuthSettings> set, Func<HttpAuthSettings, JsonNode?> show, string description) =>
        new(name, type, (draft, value) => draft.HttpAuth = set(draft.HttpAuth, value), settings => show(settings.HttpAuth ?? HttpAuthSettings.Default), description);

    private static HostSettingKey<T> Jwt<T>(
        string name, SettingType<T> type, Func<JwtSettings, T, JwtSettings> set, Func<JwtSettings, JsonNode?> show, string description, Func<JsonElement, bool>? isContradictedBy = null) =>
        new(name, type, (draft, value) => draft.Jwt = set(draft.Jwt, value), settings => show(settings.Jwt ?? JwtSettings.Default), description) { IsContradictedBy = isContradictedBy };

    /// <summary>A host that says itself whose tokens count inherits nobody else whose do.</summary>
    private static bool HasAny(JsonElement document, string one, string other) => document.TryGetProperty(one, out _) || document.TryGetProperty(other, out _);

    /// <summary>A URL that names of what is asked are added to as segments of the path.</summary>
    private sealed class BaseUrlSetting : SettingType<string>
    {
        private readonly UrlSetting _url = new(isTemplate: false);

        internal override JsonObject Schema()
        {
            var schema = _url.Schema();
            schema["pattern"] = "^[Hh][Tt][Tt][Pp][Ss]?://[^/?#@%\\s\\\\]+(/[^?#\\s\\\\]*)?$";
            return schema;
        }

        internal override bool TryRead(JsonElement value, string path, DocumentProblems problems, out string result) =>
            _url.TryRead(value, path, problems, out result)
            && (!result.Contains('?', StringComparison.Ordinal) || problems.Add(path, "must not have a query: what is asked is added to the path"));
    }

    /// <summary>RFC 7617 §2: a user name without a colon, a colon, and a password.</summary>
    private sealed class BasicCredentialsSetting : SettingType<string>
    {
        private readonly TextSetting _text = new(1024, charactersMin: 3);

        internal override JsonObject Schema()
        {
            var schema = _text.Schema();
            schema["pattern"] = "^[^:\\u0000-\\u001f\\u007f]+:[^\\u0000-\\u001f\\u007f]*$";
            return schema;
        }

        internal override bool TryRead(JsonElement value, string path, DocumentProblems problems, out string result) =>
            _text.TryRead(value, path, problems, out result) && (result.IndexOf(':', StringComparison.Ordinal) > 0 || problems.Add(path, "must be a user name, a colon and a password"));
    }

    /// <summary>A file in one folder, and in no other: no separators, and no name that begins with a dot.</summary>
    private sealed class FileNameSetting : SettingType<string>
    {
        private const int CharactersMax = 128;

        internal override JsonObject Schema() => new() { ["type"] = "string", ["pattern"] = "^[A-Za-z0-9_][A-Za-z0-9._-]*$", ["maxLength"] = CharactersMax };

        internal override bool TryRead(JsonElement value, string path, DocumentProblems problems, out string result)
        {
            result = value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
            return (result.Length is > 0 and <= CharactersMax && result.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-') && result[0] is not ('.' or '-'))
                || problems.Add(path, $"must be the name of a file: at most {CharactersMax} letters, digits, dots, underscores and hyphens");
        }
    }

    /// <summary>RFC 7518 §3.2: as long as the hash at least. What a person could think up and somebody else guess is not worth signing with.</summary>
    private sealed class JwtSecretSetting : SettingType<ReadOnlyMemory<byte>>
    {
        private const int BytesMin = 32;

        private const int BytesMax = 1024;

        private const int DifferentBytesMin = 8;

        internal override JsonObject Schema() => new() { ["type"] = "string", ["minLength"] = BytesMin, ["maxLength"] = BytesMax };

        internal override bool TryRead(JsonElement value, string path, DocumentProblems problems, out ReadOnlyMemory<byte> result)
        {
            result = default;
            if (HostSecrets.IsMarker(value))
            {
                return problems.Add(path, HostSecrets.NothingToKeep);
            }

            var bytes = Encoding.UTF8.GetBytes(value.ValueKind == JsonValueKind.String ? value.GetString()! : "");
            if (bytes.Length is < BytesMin or > BytesMax)
            {
                return problems.Add(path, $"must be a string of {BytesMin} to {BytesMax} bytes");
            }

            result = bytes;
            return bytes.Distinct().Count() >= DifferentBytesMin || problems.Add(path, "must not be so easy to guess");
        }
    }
}
