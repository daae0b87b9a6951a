namespace Krewe.Contracts.Components;

/// <summary>
/// Which of a component's connections serves a user (specs C-022), by rendezvous hashing: each user goes to the connection of the greatest weight, so a connection
/// that is lost moves its own users and nobody else's. The same in every process.
/// </summary>
public static class ComponentStickiness
{
    private const ulong FnvOffset = 14695981039346656037;
    private const ulong FnvPrime = 1099511628211;

    /// <param name="bare">The user's bare JID.</param>
    public static ulong OfUser(string bare) => Hash(bare);

    /// <param name="frontend">The name of the process that the connection ends at.</param>
    /// <param name="session">Its number there.</param>
    public static ulong OfConnection(string frontend, long session) => Mix(Hash(frontend) ^ (ulong)session);

    public static ulong Weight(ulong user, ulong connection) => Mix(user ^ connection);

    // FNV-1a.
    private static ulong Hash(string text)
    {
        var hash = FnvOffset;
        foreach (var character in text)
        {
            hash = (hash ^ character) * FnvPrime;
        }

        return hash;
    }

    // The finalizer of SplitMix64: every bit of the input moves every bit of the result.
    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
