using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Krewe.Grains.Outbound;

/// <summary>
/// Which addresses are global unicast, by the special-purpose registries of RFC 6890 (IPv4 and IPv6), and which IPv4 address an IPv6 address carries.
/// </summary>
internal static class EgressAddresses
{
    private static readonly IPNetwork[] SpecialV4 = Parse(
        "0.0.0.0/8", // RFC 1122 §3.2.1.3: this network
        "10.0.0.0/8", // RFC 1918
        "100.64.0.0/10", // RFC 6598: shared by carriers
        "127.0.0.0/8", // RFC 1122 §3.2.1.3: loopback
        "169.254.0.0/16", // RFC 3927: link-local, where clouds keep their metadata
        "172.16.0.0/12", // RFC 1918
        "192.0.0.0/24", // RFC 6890: protocol assignments
        "192.0.2.0/24", // RFC 5737: documentation
        "192.88.99.0/24", // RFC 7526: relays of 6to4
        "192.168.0.0/16", // RFC 1918
        "198.18.0.0/15", // RFC 2544: benchmarks
        "198.51.100.0/24", // RFC 5737
        "203.0.113.0/24", // RFC 5737
        "224.0.0.0/4", // RFC 5771: multicast
        "240.0.0.0/4"); // RFC 1112 §4: reserved, and broadcast

    // RFC 4291 §2.4, IANA: only 2000::/3 is given out as global unicast; loopback, unique local (RFC 4193), link-local, site-local and multicast lie outside.
    private static readonly IPNetwork GlobalV6 = IPNetwork.Parse("2000::/3");

    private static readonly IPNetwork[] SpecialV6 = Parse(
        "2001::/23", // RFC 2928: protocol assignments, with Teredo, benchmarks and ORCHID
        "2001:db8::/32", // RFC 3849: documentation
        "3fff::/20"); // RFC 9637: documentation

    /// <summary>Whether the address, or the IPv4 address that it carries, is one that the public network routes to a single host.</summary>
    public static bool IsGlobal(IPAddress address)
    {
        if (Embedded(address) is { } embedded)
        {
            address = embedded;
        }

        return address.AddressFamily switch
        {
            AddressFamily.InterNetwork => !IsIn(SpecialV4, address),
            AddressFamily.InterNetworkV6 => GlobalV6.Contains(address) && !IsIn(SpecialV6, address),
            _ => false,
        };
    }

    /// <summary>
    /// The IPv4 address that a packet to this IPv6 address may end up at: mapped and compatible (RFC 4291 §2.5.5), NAT64 (RFC 6052 §2.1, RFC 8215),
    /// 6to4 (RFC 3056 §2), Teredo (RFC 4380 §4), ISATAP (RFC 5214 §6.1). Null when it carries none.
    /// </summary>
    public static IPAddress? Embedded(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        var first = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        var second = BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]);
        var third = BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]);
        var last = BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]);
        return (first, second, third) switch
        {
            (0, 0, 0xFFFF) => V4(last),
            (0, 0, 0xFFFF0000) => V4(last), // RFC 2765 §2.1: translated
            (0, 0, 0) when last > 1 => V4(last),
            (0x0064FF9B, 0, 0) => V4(last),
            (0x0064FF9B, _, _) when second >> 16 == 1 => V4(last),
            (0x20010000, _, _) => V4(~last),
            _ when first >> 16 == 0x2002 => V4((first << 16) | (second >> 16)),
            _ when third is 0x00005EFE or 0x02005EFE => V4(last),
            _ => null,
        };
    }

    private static IPAddress V4(uint bits)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, bits);
        return new IPAddress(bytes);
    }

    private static bool IsIn(IPNetwork[] networks, IPAddress address)
    {
        foreach (var network in networks)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }

        return false;
    }

    private static IPNetwork[] Parse(params string[] networks) => Array.ConvertAll(networks, IPNetwork.Parse);
}
