using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Krewe.Silo.Configuration;

/// <summary>
/// Listening addresses: <c>ip:port</c>, IPv6 in brackets, several separated by <c>;</c>, empty for none. <c>loopback:port</c> is 127.0.0.1
/// and, where the machine has it, [::1].
/// </summary>
internal static class EndpointSyntax
{
    private const string Loopback = "loopback:";

    private static readonly Lazy<bool> HasIPv6Loopback = new(ProbeIPv6Loopback);

    /// <summary>Null when the text is good, else what is wrong with it.</summary>
    public static string? Parse(string text, out ImmutableArray<IPEndPoint> endpoints)
    {
        var found = ImmutableArray.CreateBuilder<IPEndPoint>();
        endpoints = [];
        foreach (var entry in text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (entry.StartsWith(Loopback, StringComparison.OrdinalIgnoreCase))
            {
                if (!TryParsePort(entry[Loopback.Length..], out var port))
                {
                    return $"'{entry}' has no port from 0 to 65535";
                }

                found.Add(new IPEndPoint(IPAddress.Loopback, port));
                if (HasIPv6Loopback.Value)
                {
                    found.Add(new IPEndPoint(IPAddress.IPv6Loopback, port));
                }
            }
            else if (ParseOne(entry) is { } endpoint)
            {
                found.Add(endpoint);
            }
            else
            {
                return $"'{entry}' is not ip:port, [ipv6]:port or loopback:port";
            }
        }

        endpoints = found.ToImmutable();
        return null;
    }

    /// <summary>Whether one socket of the two would keep the other from being opened. Port 0 is a free one and never in the way.</summary>
    public static bool Collide(IPEndPoint one, IPEndPoint other) =>
        one.Port == other.Port && one.Port != 0
        && (one.Address.Equals(other.Address) || IsAnyOver(one.Address, other.Address) || IsAnyOver(other.Address, one.Address));

    // [::] is opened for both families.
    private static bool IsAnyOver(IPAddress any, IPAddress address) =>
        any.Equals(IPAddress.IPv6Any) || (any.Equals(IPAddress.Any) && address.AddressFamily == AddressFamily.InterNetwork);

    // Strict about the port, which IPEndPoint.Parse lets one leave out, and about the shorthands of IPAddress.Parse ("127.1", "5222").
    private static IPEndPoint? ParseOne(string entry) =>
        entry.LastIndexOf(':') is var colon and > 0 && TryParsePort(entry[(colon + 1)..], out var port)
            && AddressSyntax.TryParse(entry[..colon], needsBrackets: true, out var address)
            ? new IPEndPoint(address, port)
            : null;

    private static bool TryParsePort(string text, out ushort port) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port);

    // Containers often have the protocol without the address: only opening a socket tells.
    private static bool ProbeIPv6Loopback()
    {
        if (!Socket.OSSupportsIPv6)
        {
            return false;
        }

        try
        {
            using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
