using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Krewe.Contracts.Hosting;

namespace Krewe.Silo.Configuration;

/// <summary>
/// Lists of networks, separated by <c>;</c>: <c>10.0.0.0/8</c>, <c>fd00::/8</c>, or a bare address for that one alone; in an egress list with
/// a port behind it, IPv6 then in brackets (<c>[fd00::/8]:443</c>, <c>[::1]:5290</c>, <c>[fd00::]/8:443</c>).
/// </summary>
internal static class NetworkSyntax
{
    /// <summary>Null when the text is good, else what is wrong with it.</summary>
    public static string? ParseNetworks(string text, out ImmutableArray<IPNetwork> networks)
    {
        var problem = ParseAll(text, allowPort: false, out var allowances);
        networks = [.. allowances.Select(allowance => allowance.Network)];
        return problem;
    }

    public static string? ParseEgress(string text, out ImmutableArray<EgressAllowance> allowances) => ParseAll(text, allowPort: true, out allowances);

    private static string? ParseAll(string text, bool allowPort, out ImmutableArray<EgressAllowance> allowances)
    {
        var found = ImmutableArray.CreateBuilder<EgressAllowance>();
        allowances = [];
        foreach (var entry in text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var network = entry;
            int? port = null;
            if (allowPort && PortStart(entry) is var colon and > 0)
            {
                if (!ushort.TryParse(entry[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0)
                {
                    return $"'{entry}' has no port from 1 to 65535 behind its last colon";
                }

                (network, port) = (entry[..colon], number);
            }

            if (ParseOne(network, out var parsed) is { } problem)
            {
                return problem;
            }

            found.Add(new EgressAllowance(parsed, port));
        }

        allowances = found.ToImmutable();
        return null;
    }

    // IPv4 has no colon of its own; in IPv6 the colon of a port stands behind the bracket.
    private static int PortStart(string entry)
    {
        var colon = entry.LastIndexOf(':');
        return entry.StartsWith('[') ? (colon > entry.LastIndexOf(']') ? colon : -1)
            : entry.IndexOf(':') == colon ? colon
            : -1;
    }

    private static string? ParseOne(string text, out IPNetwork network)
    {
        network = default;
        var inner = text.StartsWith('[') && text.EndsWith(']') ? text[1..^1] : text;
        var slash = inner.IndexOf('/');
        if (!AddressSyntax.TryParse(slash < 0 ? inner : inner[..slash], needsBrackets: false, out var address))
        {
            return $"'{text}' is not a network such as 10.0.0.0/8, fd00::/8 or 192.0.2.7";
        }

        var bits = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        var prefix = bits;
        if (slash >= 0 && (!int.TryParse(inner[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out prefix) || prefix > bits))
        {
            return $"'{text}' has no prefix length from 0 to {bits}";
        }

        var bytes = address.GetAddressBytes();
        for (var bit = prefix; bit < bits; bit++)
        {
            bytes[bit >> 3] &= (byte)~(0x80 >> (bit & 7));
        }

        network = new IPNetwork(new IPAddress(bytes), prefix);
        // "10.1.2.3/8" may mean the host or the network: opening the larger one on a guess would be wrong.
        return network.BaseAddress.Equals(address) ? null : $"'{text}' has bits behind its prefix; the network is {network}";
    }
}
