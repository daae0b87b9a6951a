using System.Globalization;
using Krewe.Contracts.Stanzas;

namespace Krewe.Frontend.Xml;

/// <summary>XEP-0059: which page of a list somebody wants. Forward only.</summary>
/// <param name="Max">How many items at most; null where the request does not say.</param>
/// <param name="After">Only what comes behind this item; null from the start.</param>
internal sealed record ResultSetRequest(int? Max, string? After)
{
    public const string Namespace = "http://jabber.org/protocol/rsm";

    /// <summary>Reads the first <c>set</c> among a payload's children. What is wrong with it is the result; a request without one is no page.</summary>
    /// <param name="iq">The whole stanza.</param>
    public static StanzaError? Read(ReadOnlySpan<byte> iq, out ResultSetRequest? request)
    {
        request = null;
        var reader = new XmlElementReader(iq);
        if (!reader.ReadToFirstChild())
        {
            return null;
        }

        var depth = reader.Depth;
        while (reader.Read() && reader.Depth > depth)
        {
            if (reader.Node != XmlNode.Start)
            {
                continue;
            }

            if (reader.Is("set"u8, "http://jabber.org/protocol/rsm"u8))
            {
                return ReadSet(ref reader, out request);
            }

            reader.Skip();
        }

        return null;
    }

    private static StanzaError? ReadSet(ref XmlElementReader reader, out ResultSetRequest? request)
    {
        request = null;
        int? max = null;
        string? after = null;
        var depth = reader.Depth;
        while (reader.Read() && reader.Depth > depth)
        {
            if (reader.Node != XmlNode.Start)
            {
                continue;
            }

            if (reader.NameIs("max"u8))
            {
                if (!int.TryParse(reader.ReadText().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                {
                    return StanzaError.BadRequest;
                }

                max = number;
            }
            else if (reader.NameIs("after"u8))
            {
                after = reader.ReadText();
            }
            else if (reader.NameIs("before"u8) || reader.NameIs("index"u8))
            {
                // Neither pages backwards nor jumps into a list (XEP-0059 §2.3, §2.6) are possible here.
                return StanzaError.FeatureNotImplemented;
            }
            else
            {
                reader.Skip();
            }
        }

        request = new ResultSetRequest(max, string.IsNullOrEmpty(after) ? null : after);
        return null;
    }
}

/// <summary>XEP-0059 §2.2: what a page says of itself.</summary>
/// <param name="First">The first item; null for an empty page.</param>
/// <param name="Last">From where the next page goes on.</param>
/// <param name="Count">Of the whole list.</param>
internal sealed record ResultSetPage(string? First, string? Last, int Count)
{
    public void Write(ref XmppWriter xml)
    {
        xml.Raw("<set xmlns='http://jabber.org/protocol/rsm'>"u8);
        if (First is not null && Last is not null)
        {
            xml.Raw("<first>"u8);
            xml.Text(First);
            xml.Raw("</first><last>"u8);
            xml.Text(Last);
            xml.Raw("</last>"u8);
        }

        xml.Raw("<count>"u8);
        xml.Text(Count.ToString(CultureInfo.InvariantCulture));
        xml.Raw("</count></set>"u8);
    }
}
