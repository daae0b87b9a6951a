using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Muc;

/// <summary>Errors that come back from an occupant, and what they say about whether there still is one.</summary>
internal static class MucBounces
{
    /// <summary>
    /// Whether the error means that nobody is there any more (XEP-0045 §18.1.2, specs M-067). <c>service-unavailable</c> does not: it is also what a client says to
    /// something that it cannot do.
    /// </summary>
    public static bool IsOfAGhost(ReadOnlySpan<byte> stanza)
    {
        var reader = new XmlElementReader(stanza);
        while (reader.Read())
        {
            if (reader.Node != XmlNode.Start || reader.Depth == 0 || (reader.Depth == 1 && reader.Is("error"u8, Tokens.ClientNamespace)))
            {
                continue;
            }

            if (reader.Depth == 2 && reader.NamespaceIs(MucNamespaces.StanzaErrors)
                && (reader.NameIs("gone"u8) || reader.NameIs("item-not-found"u8) || reader.NameIs("recipient-unavailable"u8) || reader.NameIs("redirect"u8)
                    || reader.NameIs("remote-server-not-found"u8) || reader.NameIs("remote-server-timeout"u8)))
            {
                return true;
            }

            reader.Skip();
        }

        return false;
    }
}
