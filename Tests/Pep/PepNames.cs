using System.Xml.Linq;

namespace Krewe.Tests.Pep;

/// <summary>The namespaces that an external PEP service speaks.</summary>
internal static class PepNames
{
    public const string Secret = "secret";

    public static readonly XNamespace Accept = "jabber:component:accept";
    public static readonly XNamespace Client = "jabber:client";
    public static readonly XNamespace Pubsub = "http://jabber.org/protocol/pubsub";
    public static readonly XNamespace Event = "http://jabber.org/protocol/pubsub#event";
    public static readonly XNamespace PubsubErrors = "http://jabber.org/protocol/pubsub#errors";
    public static readonly XNamespace Info = "http://jabber.org/protocol/disco#info";
    public static readonly XNamespace Items = "http://jabber.org/protocol/disco#items";
    public static readonly XNamespace Caps = "http://jabber.org/protocol/caps";
    public static readonly XNamespace Roster = "jabber:iq:roster";
    public static readonly XNamespace Delegation = "urn:xmpp:delegation:2";
    public static readonly XNamespace Privilege = "urn:xmpp:privilege:2";
    public static readonly XNamespace Forward = "urn:xmpp:forward:0";
    public static readonly XNamespace Stanzas = "urn:ietf:params:xml:ns:xmpp-stanzas";

    public static string Bare(string jid) => jid.Split('/')[0];

    public static string DomainOf(string jid) => Bare(jid).Split('@')[^1];
}
