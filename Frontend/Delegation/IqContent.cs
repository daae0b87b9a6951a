using System.Collections.Frozen;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Routing;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Delegation;

/// <summary>Whether what a delegate answers is what an IQ of its type may hold (RFC 6120 §8.2.3, §8.3.2): no client is handed less than a server's own answer would be.</summary>
internal static class IqContent
{
    private const string StanzasNamespace = "urn:ietf:params:xml:ns:xmpp-stanzas";

    private static readonly FrozenSet<string> Types = Enum.GetValues<StanzaErrorType>().Select(StanzaErrorWriter.WireName).ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string> Conditions = Enum.GetValues<StanzaErrorCondition>().Select(StanzaErrorWriter.WireName).ToFrozenSet(StringComparer.Ordinal);

    /// <param name="iq">The whole IQ.</param>
    public static bool IsProper(ReadOnlySpan<byte> iq, bool isError)
    {
        var reader = new XmlElementReader(iq);
        var (payloads, errors) = (0, 0);
        if (!reader.Read())
        {
            return false;
        }

        while (reader.Read())
        {
            switch (reader.Node)
            {
                case XmlNode.Text when !reader.IsWhiteSpace:
                    return false;
                case XmlNode.Start when isError && reader.Is("error"u8, Tokens.ClientNamespace):
                    if (!IsError(ref reader))
                    {
                        return false;
                    }

                    errors++;
                    break;
                case XmlNode.Start:
                    payloads++;
                    reader.Skip();
                    break;
            }
        }

        return payloads <= 1 && errors == (isError ? 1 : 0);
    }

    /// <summary>A type, one defined condition, and beside it text or a condition of the application's.</summary>
    private static bool IsError(ref XmlElementReader reader)
    {
        var isTyped = reader.TryGetAttribute("type"u8, out var type) && Types.Contains(type);
        var (depth, conditions) = (reader.Depth, 0);
        while (reader.Read() && !(reader.Node == XmlNode.End && reader.Depth == depth))
        {
            if (reader.Node != XmlNode.Start)
            {
                continue;
            }

            conditions += reader.Namespace == StanzasNamespace && Conditions.Contains(reader.LocalName) ? 1 : 0;
            reader.Skip();
        }

        return isTyped && conditions == 1;
    }
}
