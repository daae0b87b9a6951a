using System.Collections.Immutable;
using Krewe.Contracts.Addressing;

namespace Krewe.Contracts.Delegation;

/// <summary>
/// What a host's users have themselves delegated for longer than a session (XEP-0355 §5, client mode). Key: the host's domain. On disk when a change returns.
/// </summary>
[Alias("user-delegations")]
public interface IUserDelegationsGrain : IGrainWithStringKey
{
    /// <summary>For one user.</summary>
    const int OfUserMax = 64;

    const int OfHostMax = 10_000;

    /// <summary>All of the host's, by user, component and namespace.</summary>
    [Alias("list")]
    Task<ImmutableArray<UserDelegation>> ListAsync();

    /// <summary>Makes these the user's delegations, in place of all that were; false, and nothing is changed, when they would be too many.</summary>
    [Alias("replace")]
    Task<bool> ReplaceAsync(Jid user, ImmutableArray<UserDelegation> delegations);

    /// <summary>Forgets everything, as the host is deleted.</summary>
    [Alias("clear")]
    Task ClearAsync();
}

/// <param name="User">The bare JID that requests are answered for.</param>
/// <param name="Component">The domain of the component that answers.</param>
/// <param name="Namespace">Of the payloads that it answers.</param>
[GenerateSerializer, Immutable, Alias("user-delegation")]
public sealed record UserDelegation([property: Id(0)] Jid User, [property: Id(1)] string Component, [property: Id(2)] string Namespace);
