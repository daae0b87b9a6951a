using System.Security.Cryptography;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Components;
using Krewe.Frontend.Forms;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Delegation.ClientMode;

/// <summary>What is written when a component asks for a user's namespaces (XEP-0355 §5.1): the question to the user, and its outcome to the component.</summary>
internal static class DelegationMessages
{
    public const string FormType = "urn:xmpp:delegation:2";
    public const string Challenge = "challenge";

    private const int IdBytes = 12;

    private static readonly DataFormOption[] YesOrNo = [new("0", "No"), new("1", "Yes")];

    /// <summary>Names for people, of what is likely to be asked for.</summary>
    private static readonly Dictionary<string, string> Names = new(StringComparer.Ordinal)
    {
        ["http://jabber.org/protocol/pubsub"] = "publications, such as avatars and bookmarks",
        ["http://jabber.org/protocol/pubsub#owner"] = "the settings of publications",
        ["urn:xmpp:mam:2"] = "the archive of messages",
        ["vcard-temp"] = "the business card",
        ["jabber:iq:private"] = "private storage",
        ["jabber:iq:last"] = "the time of the last activity",
        ["urn:xmpp:blocking"] = "the list of blocked contacts",
        ["urn:xmpp:push:0"] = "push notifications",
    };

    public static string NameOf(string name) => Names.TryGetValue(name, out var known) ? $"{known} ({name})" : name;

    /// <summary>All that a user has delegated to a component, which may be nothing.</summary>
    public static void Announce(ComponentStream stream, string host, Jid user, IEnumerable<string> namespaces)
    {
        var generation = (stream.Owner.Component as ExternalComponentSettings)?.DelegationNs ?? 2;
        var output = ReplyBuffer.Rent();
        var xml = new XmppWriter(output);
        xml.Raw("<message"u8);
        xml.Attribute("to"u8, stream.Domain);
        xml.Attribute("from"u8, host);
        xml.Attribute("id"u8, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes)));
        xml.Raw("><delegation"u8);
        xml.AttributeRaw("xmlns"u8, DelegationWriter.Namespace(generation));
        xml.Attribute("to"u8, user.Bare);
        xml.Raw(">"u8);
        foreach (var name in namespaces)
        {
            xml.Raw("<delegated"u8);
            xml.Attribute("namespace"u8, name);
            xml.Raw("/>"u8);
        }

        xml.Raw("</delegation></message>"u8);
        stream.CountSent(StanzaKind.Message);
        stream.EnqueueScoped(output.WrittenSpan);
    }

    /// <summary>Asks the user. The answer that is given without looking is no.</summary>
    public static StanzaFrame Question(string host, Jid user, string component, string challenge, IEnumerable<string> namespaces)
    {
        var output = ReplyBuffer.Rent();
        var xml = new XmppWriter(output);
        xml.Raw("<message"u8);
        xml.Attribute("to"u8, user.Bare);
        var toEnd = output.WrittenCount;
        xml.Attribute("from"u8, host);
        xml.Attribute("id"u8, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes)));
        xml.Raw("><body>"u8);
        var asks = $"{component} asks to answer for you what the server answers now. It would see, and could change, everything of yours that this is about. "
            + "Allow it only if you know it and trust it.";
        xml.Text(asks);
        xml.Raw("</body>"u8);
        DataFormWriter.WriteStart(ref xml, DataFormType.Form, FormType, "Delegation request", asks);
        DataFormWriter.WriteField(ref xml, DataFormFieldType.Hidden, Challenge, null, [challenge]);
        foreach (var name in namespaces)
        {
            DataFormWriter.WriteField(ref xml, DataFormFieldType.ListSingle, name, NameOf(name), ["0"], YesOrNo);
        }

        DataFormWriter.WriteEnd(ref xml);
        xml.Raw("</message>"u8);
        return new StanzaFrame(StanzaKind.Message, StanzaType.Normal, Jid.Parse(host), user, null, output.WrittenSpan.ToArray(), toEnd);
    }
}
