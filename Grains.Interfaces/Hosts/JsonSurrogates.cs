using System.Globalization;

namespace Krewe.Contracts.Hosts;

/// <summary>Escapes such as <c>\ud83c</c>, which JSON allows to stand alone (RFC 8259 §8.2) and which are then no text: reading it would throw.</summary>
internal static class JsonSurrogates
{
    /// <param name="json">Well-formed JSON, in which a backslash always begins an escape.</param>
    public static bool AreWhole(string json)
    {
        var isHalf = false;
        for (var i = 0; i < json.Length; i++)
        {
            var unit = json[i];
            if (unit == '\\')
            {
                i++;
                if (json[i] == 'u')
                {
                    unit = (char)ushort.Parse(json.AsSpan(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
                    i += 4;
                }
            }

            if (char.IsLowSurrogate(unit) != isHalf)
            {
                return false;
            }

            isHalf = char.IsHighSurrogate(unit);
        }

        return !isHalf;
    }
}
