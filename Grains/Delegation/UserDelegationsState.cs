using System.Collections.Immutable;
using Krewe.Contracts.Delegation;

namespace Krewe.Grains.Delegation;

/// <summary>One host's delegations by its users as they are stored, sorted.</summary>
[GenerateSerializer, Immutable, Alias("user-delegations-state")]
internal sealed record UserDelegationsState
{
    [Id(0)]
    public ImmutableArray<UserDelegation> Delegations { get; init; } = [];
}
