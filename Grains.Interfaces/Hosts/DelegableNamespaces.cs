using System.Collections.Immutable;

namespace Krewe.Contracts.Hosts;

/// <summary>
/// Which namespaces may be delegated (XEP-0355 §8): none that delegation itself or a stream lives by, and those that clients take for granted only when
/// somebody says that this is meant.
/// </summary>
public static class DelegableNamespaces
{
    /// <summary>disco#info about nodes of bare JIDs that the server does not know (XEP-0355 §7.2.4).</summary>
    public const string BareDiscoInfo = "urn:xmpp:delegation:2:bare:disco#info:*";

    /// <summary>disco#items about bare JIDs (XEP-0355 §7.2.5).</summary>
    public const string BareDiscoItems = "urn:xmpp:delegation:2:bare:disco#items:*";

    /// <summary>Those that clients take for granted.</summary>
    public static ImmutableArray<string> Core { get; } =
        ["jabber:iq:roster", "http://jabber.org/protocol/disco#info", "http://jabber.org/protocol/disco#items", "urn:xmpp:carbons:2", "urn:xmpp:ping"];

    /// <summary>Whether it stands for certain requests, and is no namespace of a payload.</summary>
    public static bool IsPseudo(string name) => name is BareDiscoInfo or BareDiscoItems;

    /// <summary>Whether nobody but the server may answer it.</summary>
    public static bool IsReserved(string name) =>
        name is "urn:ietf:params:xml:ns:xmpp-bind" or "urn:ietf:params:xml:ns:xmpp-session"
        || name.StartsWith("urn:xmpp:privilege:", StringComparison.Ordinal)
        || (name.StartsWith("urn:xmpp:delegation:", StringComparison.Ordinal) && !IsPseudo(name));

    /// <summary>Whether a grant of it needs <c>allow_core</c>.</summary>
    public static bool IsCore(string name) => Core.Contains(name);
}
