using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Muc;

/// <summary>The subject that a message sets (XEP-0045 §8.1).</summary>
internal static class MucSubject
{
    /// <summary>The text of the first subject; empty for one that takes the subject away.</summary>
    public static string Read(ReadOnlySpan<byte> message)
    {
        var reader = new XmlElementReader(message);
        while (reader.ReadToNextChild())
        {
            if (reader.Is("subject"u8, Tokens.ClientNamespace))
            {
                return reader.ReadText();
            }
        }

        return "";
    }
}
