using Krewe.Contracts.Hosts;

namespace Krewe.Frontend.Streams;

/// <summary>How many stanzas and bytes a second may come from a user, a host or a component; 0 is no limit.</summary>
internal readonly record struct StreamRate(double Stanzas, double Bytes)
{
    /// <summary>
    /// All of a host's streams together may send what so many users may. A host of ten thousand users stays far below it, each of whom speaks now and then; a host that floods
    /// with a thousand accounts gets no more than a tenth of a core.
    /// </summary>
    public const int HostUsers = 100;

    /// <summary>An external component speaks for all users of its host, so it may send what so many of them may; and leaves them half of what is the host's.</summary>
    public const int ComponentUsers = 50;

    public static StreamRate OfUser(HostLimits limits) => Of(limits, 1);

    public static StreamRate OfComponent(HostLimits limits) => Of(limits, ComponentUsers);

    public static StreamRate OfHost(HostLimits limits) => Of(limits, HostUsers);

    private static StreamRate Of(HostLimits limits, int users) => new((double)limits.StanzasPerSecond * users, (double)limits.BytesPerSecond * users);
}
