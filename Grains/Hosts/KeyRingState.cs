using System.Collections.Immutable;
using Krewe.Contracts.Hosts;

namespace Krewe.Grains.Hosts;

/// <summary>What is stored of the keys of a host or of a tenant.</summary>
[GenerateSerializer, Immutable, Alias("key-ring-state")]
internal sealed record KeyRingState
{
    [Id(0)]
    public ImmutableArray<StoredKey> Keys { get; init; } = [];
}

/// <param name="Hash">SHA-256 of the secret. The secret has 256 random bits, so a slow hash would add nothing.</param>
[GenerateSerializer, Immutable, Alias("stored-key")]
internal sealed record StoredKey([property: Id(0)] ApiKey Key, [property: Id(1)] ReadOnlyMemory<byte> Hash);
