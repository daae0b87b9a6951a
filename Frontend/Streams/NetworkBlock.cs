using System.Net;
using System.Net.Sockets;

namespace Krewe.Frontend.Streams;

/// <summary>Whom an address belongs to, as far as counting goes: of IPv6 the /64 that one customer is given (RFC 6177), of IPv4 the address.</summary>
internal static class NetworkBlock
{
    private const int BlockBytes = 8;

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
        bytes.AsSpan(BlockBytes).Clear();
        return new IPAddress(bytes);
    }
}
