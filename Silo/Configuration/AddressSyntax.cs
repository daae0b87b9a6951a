using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace Krewe.Silo.Configuration;

/// <summary>An IP address as people write it: four decimal numbers, or IPv6 with or without brackets. None of the historical shorthands.</summary>
internal static class AddressSyntax
{
    public static bool TryParse(string text, bool needsBrackets, [NotNullWhen(true)] out IPAddress? address)
    {
        var isBracketed = text.Length > 2 && text[0] == '[' && text[^1] == ']';
        if (!IPAddress.TryParse(isBracketed ? text[1..^1] : text, out address))
        {
            return false;
        }

        // IPAddress takes "127.1" and "1" for IPv4 addresses; somebody who writes that meant something else.
        return address.AddressFamily == AddressFamily.InterNetworkV6
            ? (isBracketed || !needsBrackets) && address.ScopeId == 0
            : !isBracketed && address.ToString() == text;
    }
}
