using System.Collections.Immutable;
using System.Text;
using Krewe.Contracts.Accounts;
using Krewe.Contracts.Hosts;

namespace Krewe.Frontend.Sasl;

/// <summary>
/// What one stream is offered (RFC 6120 §6.3.3, §6.4.1): mechanisms in order of preference, and types of channel binding beside them (XEP-0440). The stream
/// features must show exactly this; SCRAM tells the client a hash of it, so that a list that was changed on the way is noticed (XEP-0474).
/// </summary>
internal sealed record SaslOffer
{
    internal const string Plain = "PLAIN";

    internal const string PlusSuffix = "-PLUS";

    internal const string OAuthBearer = "OAUTHBEARER";

    internal const string Anonymous = "ANONYMOUS";

    private static readonly ImmutableArray<ScramHash> StrongestFirst = [.. ScramKeys.Hashes.Reverse()];

    /// <summary>Of the host that the client logs in to, as they were when this was offered.</summary>
    internal required HostSettings Settings { get; init; }

    internal string Host => Settings.Domain;

    /// <summary>Strongest first; empty when nobody can log in on this stream as it is.</summary>
    internal required ImmutableArray<string> Mechanisms { get; init; }

    internal required bool IsEncrypted { get; init; }

    /// <summary>Null where no -PLUS mechanism is offered.</summary>
    internal ChannelBinding? Binding { get; init; }

    /// <summary>Whether SCRAM carries the hash of XEP-0474. Clients that do not know it ignore it (RFC 5802 §5.1).</summary>
    internal bool IsHashAnnounced { get; init; } = true;

    internal ImmutableArray<string> ChannelBindingTypes => Binding is null ? [] : [ChannelBinding.TlsServerEndPointName];

    /// <param name="binding">The connection's; null without TLS, and where TLS ends in front of this process.</param>
    internal static SaslOffer For(HostSettings settings, bool isEncrypted, ChannelBinding? binding)
    {
        var canLogIn = isEncrypted || !settings.C2SRequireEncryption;
        var usable = canLogIn && isEncrypted && binding is { TlsServerEndPoint.IsEmpty: false } && settings.Authentication.Contains(HostAuthentication.InternalHashed) ? binding : null;
        return new SaslOffer
        {
            Settings = settings,
            IsEncrypted = isEncrypted,
            Binding = usable,
            Mechanisms = canLogIn ? List(settings.Authentication, usable is not null, isEncrypted || settings.AllowUnencryptedPlainAuth) : [],
        };
    }

    /// <summary>Whether the host may offer the mechanism on a stream under TLS.</summary>
    internal bool HasUnderTls(string mechanism) =>
        List(Settings.Authentication, Settings.Authentication.Contains(HostAuthentication.InternalHashed), maySendSecrets: true).Contains(mechanism);

    /// <summary>XEP-0474 §2.1: both lists, sorted by octets, under the hash of the mechanism in use.</summary>
    internal byte[] Hash(ScramHash hash)
    {
        var text = string.Join('\u001E', Mechanisms.Order(StringComparer.Ordinal));
        text = Binding is null ? text : $"{text}\u001F{string.Join('\u001E', ChannelBindingTypes.Order(StringComparer.Ordinal))}";
        return ScramKeys.Hash(hash, Encoding.UTF8.GetBytes(text));
    }

    /// <summary>SCRAM needs stored keys, which only the host's own accounts have; a password that others know, or a token, must come as it is.</summary>
    private static ImmutableArray<string> List(ImmutableArray<HostAuthentication> authentications, bool hasBinding, bool maySendSecrets)
    {
        var hasKeys = authentications.Contains(HostAuthentication.InternalHashed);
        var hasPasswords = authentications.Any(static authentication => authentication != HostAuthentication.Anonymous);
        return
        [
            .. hasBinding ? StrongestFirst.Select(hash => ScramKeys.MechanismName(hash) + PlusSuffix) : [],
            .. hasKeys ? StrongestFirst.Select(ScramKeys.MechanismName) : [],
            .. maySendSecrets && authentications.Contains(HostAuthentication.Jwt) ? [OAuthBearer] : Array.Empty<string>(),
            .. maySendSecrets && hasPasswords ? [Plain] : Array.Empty<string>(),
            .. authentications.Contains(HostAuthentication.Anonymous) ? [Anonymous] : Array.Empty<string>(),
        ];
    }
}
