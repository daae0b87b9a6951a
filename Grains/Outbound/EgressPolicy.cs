using System.Collections.Immutable;
using System.Net;
using System.Net.NetworkInformation;
using Krewe.Contracts.Hosting;

namespace Krewe.Grains.Outbound;

/// <summary>
/// Which addresses a tenant's URL may lead to. Judged for the very address that is connected to, so a name that resolves anew cannot slip by.
/// Anything but global unicast needs the provider's leave (<see cref="KreweOptions.EgressAllow"/>); Krewe's own listeners, those of its grain host included, are refused even then.
/// </summary>
internal sealed class EgressPolicy(KreweOptions options)
{
    private readonly ImmutableArray<EgressAllowance> _allowed = options.EgressAllow;

    private readonly ImmutableArray<IPEndPoint> _own =
        [.. options.ListenC2S, .. options.ListenC2STls, .. options.ListenComponent, .. options.ListenHttp, .. options.ListenHttps, .. options.ListenCluster];

    public bool Allows(IPAddress address, int port)
    {
        var embedded = EgressAddresses.Embedded(address);
        if (IsOwn(address, port) || (embedded is not null && IsOwn(embedded, port)))
        {
            return false;
        }

        return EgressAddresses.IsGlobal(address) || IsAllowed(address, port) || (embedded is not null && IsAllowed(embedded, port));
    }

    private bool IsAllowed(IPAddress address, int port)
    {
        foreach (var allowance in _allowed)
        {
            if ((allowance.Port is null || allowance.Port == port) && allowance.Network.Contains(address))
            {
                return true;
            }
        }

        return false;
    }

    private bool IsOwn(IPAddress address, int port)
    {
        foreach (var listener in _own)
        {
            if (listener.Port == port && Means(address, listener.Address))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a connection to the address arrives at a socket that is bound to the other one.</summary>
    private static bool Means(IPAddress address, IPAddress bound)
    {
        if (bound.IsIPv4MappedToIPv6)
        {
            bound = bound.MapToIPv4();
        }

        if (IsUnspecified(bound))
        {
            return IsUnspecified(address) || IPAddress.IsLoopback(address) || IsOfThisMachine(address);
        }

        // To connect to the unspecified address is to connect to this machine.
        return SameBits(address, bound) || (IsUnspecified(address) && (IPAddress.IsLoopback(bound) || IsOfThisMachine(bound)));
    }

    private static bool IsUnspecified(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    // Asked only for the port of a listener that takes every address, and once for a connection: not worth keeping, as addresses come and go.
    private static bool IsOfThisMachine(IPAddress address)
    {
        foreach (var network in NetworkInterface.GetAllNetworkInterfaces())
        {
            foreach (var unicast in network.GetIPProperties().UnicastAddresses)
            {
                if (SameBits(unicast.Address, address))
                {
                    return true;
                }
            }
        }

        return false;
    }

    // A scope id says through which link, not to whom.
    private static bool SameBits(IPAddress one, IPAddress other)
    {
        Span<byte> left = stackalloc byte[16], right = stackalloc byte[16];
        one.TryWriteBytes(left, out var leftLength);
        other.TryWriteBytes(right, out var rightLength);
        return left[..leftLength].SequenceEqual(right[..rightLength]);
    }
}
