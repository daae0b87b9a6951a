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

    /// <summary>The only authentication so far whose keys SCRAM can use.</summary>
    private const string InternalHashed = "internal_hashed";

    private static readonly ImmutableArray<ScramHash> StrongestFirst = [.. ScramKeys.Hashes.Reverse()];

    /// <summary>The prepared domain that the client logs in to.</summary>
    internal required string Host { get; init; }

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
        var canLogIn = settings.Authentication.Contains(InternalHashed) && (isEncrypted || !settings.C2SRequireEncryption);
        var usable = canLogIn && isEncrypted && binding is { TlsServerEndPoint.IsEmpty: false } ? binding : null;
        return new SaslOffer
        {
            Host = settings.Domain,
            IsEncrypted = isEncrypted,
            Binding = usable,
            Mechanisms = canLogIn ? List(usable is not null, isEncrypted || settings.AllowUnencryptedPlainAuth) : [],
        };
    }

    /// <summary>XEP-0474 §2.1: both lists, sorted by octets, under the hash of the mechanism in use.</summary>
    internal byte[] Hash(ScramHash hash)
    {
        var text = string.Join('\u001E', Mechanisms.Order(StringComparer.Ordinal));
        text = Binding is null ? text : $"{text}\u001F{string.Join('\u001E', ChannelBindingTypes.Order(StringComparer.Ordinal))}";
        return ScramKeys.Hash(hash, Encoding.UTF8.GetBytes(text));
    }

    private static ImmutableArray<string> List(bool hasBinding, bool hasPlain) =>
    [
        .. hasBinding ? StrongestFirst.Select(hash => ScramKeys.MechanismName(hash) + PlusSuffix) : [],
        .. StrongestFirst.Select(ScramKeys.MechanismName),
        .. hasPlain ? [Plain] : Array.Empty<string>(),
    ];
}
