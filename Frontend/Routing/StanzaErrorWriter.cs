using System.Buffers;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Routing;

/// <summary>RFC 6120 §8.3: tells a sender what became of a stanza. An error is never answered with one, nor is an IQ result (§8.3.1).</summary>
internal static class StanzaErrorWriter
{
    public static void Refuse(IStanzaSender sender, StanzaFrame stanza, StanzaError error) =>
        Refuse(sender, stanza.Kind, stanza.Type, stanza.Id, stanza.To, error);

    /// <param name="from">The address that the stanza was for; null when it had none that may be written.</param>
    public static void Refuse(IStanzaSender sender, StanzaKind kind, StanzaType type, string? id, Jid? from, StanzaError error)
    {
        if (type is StanzaType.Error or StanzaType.Result)
        {
            return;
        }

        sender.CountRefusal(WireName(error.Condition));
        var output = ReplyBuffer.Rent();
        var xml = new XmppWriter(output);
        xml.Raw(kind switch { StanzaKind.Message => "<message"u8, StanzaKind.Presence => "<presence"u8, _ => "<iq"u8 });
        xml.AttributeRaw("to"u8, sender.FromFull);
        if (from is not null)
        {
            xml.Attribute("from"u8, from.ToString());
        }

        xml.Raw(" type='error'"u8);
        if (id is not null)
        {
            xml.Attribute("id"u8, id);
        }

        xml.Raw(">"u8);
        WriteError(ref xml, error);
        xml.Raw(kind switch { StanzaKind.Message => "</message>"u8, StanzaKind.Presence => "</presence>"u8, _ => "</iq>"u8 });
        sender.Enqueue(output.WrittenSpan);
    }

    /// <param name="by">Who says so, where that is not whom the stanza was for (RFC 6120 §8.3.2).</param>
    public static void WriteError(ref XmppWriter xml, StanzaError error, string? by = null)
    {
        xml.Raw("<error type='"u8);
        xml.Text(WireName(error.Type));
        xml.Raw("'"u8);
        if (by is not null)
        {
            xml.Attribute("by"u8, by);
        }

        xml.Raw("><"u8);
        xml.Text(WireName(error.Condition));
        xml.Raw(" xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"u8);
        if (error.Text is { } text)
        {
            xml.Raw("<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>"u8);
            xml.Text(text);
            xml.Raw("</text>"u8);
        }

        xml.Raw("</error>"u8);
    }

    public static string WireName(StanzaErrorType type) => type switch
    {
        StanzaErrorType.Auth => "auth",
        StanzaErrorType.Cancel => "cancel",
        StanzaErrorType.Continue => "continue",
        StanzaErrorType.Modify => "modify",
        _ => "wait",
    };

    public static string WireName(StanzaErrorCondition condition) => condition switch
    {
        StanzaErrorCondition.BadRequest => "bad-request",
        StanzaErrorCondition.Conflict => "conflict",
        StanzaErrorCondition.FeatureNotImplemented => "feature-not-implemented",
        StanzaErrorCondition.Forbidden => "forbidden",
        StanzaErrorCondition.Gone => "gone",
        StanzaErrorCondition.InternalServerError => "internal-server-error",
        StanzaErrorCondition.ItemNotFound => "item-not-found",
        StanzaErrorCondition.JidMalformed => "jid-malformed",
        StanzaErrorCondition.NotAcceptable => "not-acceptable",
        StanzaErrorCondition.NotAllowed => "not-allowed",
        StanzaErrorCondition.NotAuthorized => "not-authorized",
        StanzaErrorCondition.PolicyViolation => "policy-violation",
        StanzaErrorCondition.RecipientUnavailable => "recipient-unavailable",
        StanzaErrorCondition.Redirect => "redirect",
        StanzaErrorCondition.RegistrationRequired => "registration-required",
        StanzaErrorCondition.RemoteServerNotFound => "remote-server-not-found",
        StanzaErrorCondition.RemoteServerTimeout => "remote-server-timeout",
        StanzaErrorCondition.ResourceConstraint => "resource-constraint",
        StanzaErrorCondition.ServiceUnavailable => "service-unavailable",
        StanzaErrorCondition.SubscriptionRequired => "subscription-required",
        StanzaErrorCondition.UnexpectedRequest => "unexpected-request",
        _ => "undefined-condition",
    };
}
