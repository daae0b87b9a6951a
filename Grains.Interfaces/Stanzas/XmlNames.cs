namespace Krewe.Contracts.Stanzas;

/// <summary>Names as XML with namespaces has them (Namespaces in XML 1.0 §3), where they are told without any XML.</summary>
public static class XmlNames
{
    public static bool IsNcName(string text)
    {
        var isFirst = true;
        foreach (var rune in text.EnumerateRunes())
        {
            if (!(isFirst ? IsNameStart(rune.Value) : IsName(rune.Value)))
            {
                return false;
            }

            isFirst = false;
        }

        return !isFirst;
    }

    public static bool IsNameStart(int value) => value is
        (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or '_' or
        (>= 0xC0 and <= 0xD6) or (>= 0xD8 and <= 0xF6) or (>= 0xF8 and <= 0x2FF) or (>= 0x370 and <= 0x37D) or
        (>= 0x37F and <= 0x1FFF) or (>= 0x200C and <= 0x200D) or (>= 0x2070 and <= 0x218F) or (>= 0x2C00 and <= 0x2FEF) or
        (>= 0x3001 and <= 0xD7FF) or (>= 0xF900 and <= 0xFDCF) or (>= 0xFDF0 and <= 0xFFFD) or (>= 0x10000 and <= 0xEFFFF);

    public static bool IsName(int value) => IsNameStart(value) || value is
        '-' or '.' or (>= '0' and <= '9') or 0xB7 or (>= 0x300 and <= 0x36F) or (>= 0x203F and <= 0x2040);
}
