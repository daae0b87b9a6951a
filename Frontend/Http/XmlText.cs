using System.Xml;

namespace Krewe.Frontend.Http;

/// <summary>What JSON can say and XML cannot carry (XML 1.0 §2.2): it would end the stream of everybody it is shown to.</summary>
internal static class XmlText
{
    public static bool IsText(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (i + 1 < text.Length && XmlConvert.IsXmlSurrogatePair(text[i + 1], text[i]))
            {
                i++;
            }
            else if (!XmlConvert.IsXmlChar(text[i]))
            {
                return false;
            }
        }

        return true;
    }
}
