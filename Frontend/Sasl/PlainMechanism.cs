using System.Text;
using System.Text.Unicode;

namespace Krewe.Frontend.Sasl;

/// <summary>PLAIN (RFC 4616): <c>[authzid] NUL authcid NUL passwd</c>. Only offered under TLS, unless the host allows otherwise.</summary>
internal sealed class PlainMechanism(SaslOffer offer, SaslServices services, LoginOrigin origin) : ISaslMechanism
{
    public async ValueTask<SaslStep> StepAsync(ReadOnlyMemory<byte>? input, CancellationToken cancellationToken)
    {
        if (input is not { } message)
        {
            return new SaslStep.Challenge(default);
        }

        if (!TryParse(message.Span, out var authzid, out var authcid, out var password))
        {
            return new SaslStep.Failure(SaslCondition.MalformedRequest);
        }

        var jid = SaslIdentity.Resolve(authcid, offer.Settings);
        if (jid is not null && !SaslIdentity.IsOwn(authzid, jid))
        {
            return new SaslStep.Failure(SaslCondition.InvalidAuthzid);
        }

        using var attempt = await services.Throttle.BeginAsync(offer.Host, jid, origin, cancellationToken);
        return attempt is null ? SaslStep.TooMany
            : attempt.Judge(jid is null
                ? new SaslStep.Failure(SaslCondition.NotAuthorized)
                : await new PasswordLogin(services).LogInAsync(offer.Settings, jid, password, cancellationToken));
    }

    private static bool TryParse(ReadOnlySpan<byte> message, out string authzid, out string authcid, out string password)
    {
        authzid = authcid = password = "";
        var first = message.IndexOf((byte)0);
        var second = first < 0 ? -1 : message[(first + 1)..].IndexOf((byte)0);
        if (second < 0 || !Utf8.IsValid(message))
        {
            return false;
        }

        authzid = Encoding.UTF8.GetString(message[..first]);
        authcid = Encoding.UTF8.GetString(message.Slice(first + 1, second));
        password = Encoding.UTF8.GetString(message[(first + second + 2)..]);
        return authcid.Length > 0 && password.Length > 0 && !password.Contains('\0');
    }
}
