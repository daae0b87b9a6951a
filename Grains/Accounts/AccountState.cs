using System.Collections.Immutable;
using Krewe.Contracts.Accounts;

namespace Krewe.Grains.Accounts;

/// <summary>What is stored of an account.</summary>
[GenerateSerializer, Immutable, Alias("account-state")]
internal sealed record AccountState
{
    [Id(0)]
    public bool IsEnabled { get; init; } = true;

    /// <summary>At most one for each <see cref="ScramHash"/>.</summary>
    [Id(1)]
    public ImmutableArray<ScramCredentials> Scram { get; init; } = [];

    [Id(2)]
    public bool MayHaveMail { get; init; }
}
