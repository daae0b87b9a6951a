using System.Collections.Immutable;
using Orleans.Concurrency;

namespace Krewe.Contracts.Muc;

/// <summary>
/// For one room service: where decisions may be remembered and who is in a room by one, so that they can be revoked. Key: the service's domain. Awaits nothing.
/// </summary>
[Alias("muc-decisions")]
public interface IMucDecisionsGrain : IGrainWithStringKey
{
    /// <summary>Called before a service is asked, and again when its answer is remembered, so that no revocation misses it.</summary>
    [Alias("hold")]
    Task HoldAsync(string room, string user, DateTimeOffset until);

    /// <summary>The user is in the room by a decision.</summary>
    [Alias("entered"), OneWay]
    Task EnteredAsync(string room, string user);

    /// <summary>The last of the user's sessions left the room.</summary>
    [Alias("left"), OneWay]
    Task LeftAsync(string room, string user);

    /// <summary>A page of those that a revocation concerns, in ordinal order of room and user behind <paramref name="after"/>.</summary>
    /// <param name="room">Only of this room; null for all.</param>
    /// <param name="user">Only of this user; null for all.</param>
    [Alias("find")]
    Task<ImmutableArray<MucDecisionPlace>> FindAsync(string? room, string? user, MucDecisionPlace? after, int limit);
}

/// <param name="Room">The room's bare JID.</param>
/// <param name="User">The user's bare JID.</param>
/// <param name="IsPresent">The user is in the room.</param>
[GenerateSerializer, Immutable, Alias("muc-decision-place")]
public sealed record MucDecisionPlace([property: Id(0)] string Room, [property: Id(1)] string User, [property: Id(2)] bool IsPresent);
