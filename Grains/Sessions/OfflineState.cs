using System.Collections.Immutable;
using Krewe.Contracts.Sessions;

namespace Krewe.Grains.Sessions;

/// <summary>A user's waiting messages as they are stored, oldest first.</summary>
[GenerateSerializer, Immutable, Alias("offline-state")]
internal sealed record OfflineState
{
    [Id(0)]
    public ImmutableArray<OfflineMessage> Messages { get; init; } = [];
}
