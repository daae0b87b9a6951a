using System.Net;
using System.Net.Sockets;

namespace Krewe.Frontend.Listeners;

/// <summary>What counts as one place in the network when failures are counted: an IPv4 address, or the IPv6 subnet that one customer is given (RFC 6177).</summary>
internal static class Subnet
{
    private const int Bytes = 8;

    public static IPAddress Of(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }

        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address;
        }

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(Bytes).Clear();
        return new IPAddress(bytes);
    }
}
