using System.Globalization;
using Krewe.Contracts.Muc;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Muc;

/// <summary>What somebody who enters says about it in <c>{http://jabber.org/protocol/muc}x</c> (XEP-0045 §7.2.5, §7.2.14).</summary>
internal static class MucEntryReader
{
    /// <summary>XEP-0082 §3.2.</summary>
    private static readonly string[] DateTimes = ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    public static (string? Password, MucHistoryRequest? History) Read(ReadOnlySpan<byte> presence)
    {
        string? password = null;
        MucHistoryRequest? history = null;
        var reader = new XmlElementReader(presence);
        while (reader.Read())
        {
            if (reader.Node != XmlNode.Start || reader.Depth == 0)
            {
                continue;
            }

            if (reader.Depth == 1)
            {
                if (!reader.Is("x"u8, MucNamespaces.Muc))
                {
                    reader.Skip();
                }
            }
            else if (reader.Is("password"u8, MucNamespaces.Muc))
            {
                password ??= reader.ReadText();
            }
            else
            {
                history ??= reader.Is("history"u8, MucNamespaces.Muc) ? ReadHistory(reader) : null;
                reader.Skip();
            }
        }

        return (password, history);
    }

    /// <summary>Null when it asks for nothing that can be understood: a number that is none limits nothing.</summary>
    private static MucHistoryRequest? ReadHistory(in XmlElementReader element)
    {
        var request = new MucHistoryRequest(
            ReadNumber(element, "maxchars"u8), ReadNumber(element, "maxstanzas"u8), ReadNumber(element, "seconds"u8), ReadSince(element));
        return request is { MaxCharacters: null, MaxStanzas: null, Seconds: null, Since: null } ? null : request;
    }

    private static int? ReadNumber(in XmlElementReader element, ReadOnlySpan<byte> name) =>
        element.TryGetAttribute(name, out var text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static DateTimeOffset? ReadSince(in XmlElementReader element) =>
        element.TryGetAttribute("since"u8, out var text)
        && DateTimeOffset.TryParseExact(text, DateTimes, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var since) ? since : null;
}
