using System.Collections.Immutable;
using Orleans.Concurrency;

namespace Krewe.Contracts.Hosts;

/// <summary>A key of the API without its secret.</summary>
[GenerateSerializer, Immutable, Alias("api-key")]
public sealed record ApiKey(
    [property: Id(0)] string Id, [property: Id(1)] string Name, [property: Id(2)] ImmutableArray<string> Scopes,
    [property: Id(3)] DateTimeOffset CreatedAt, [property: Id(4)] DateTimeOffset? ExpiresAt)
{
    /// <summary>Told some minutes late.</summary>
    [Id(5)]
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>The address that it was last used from; null where a proxy hid it.</summary>
    [Id(6)]
    public string? LastUsedFrom { get; init; }

    /// <summary>The id of the key that was made in its place.</summary>
    [Id(7)]
    public string? ReplacedBy { get; init; }

    public bool IsValidAt(DateTimeOffset now) => ExpiresAt is not { } end || end > now;
}

/// <summary>A key that was just made: <paramref name="Secret"/> is shown this once and stored hashed.</summary>
[GenerateSerializer, Immutable, Alias("new-api-key")]
public sealed record NewApiKey([property: Id(0)] ApiKey Key, [property: Id(1)] string Secret)
{
    /// <summary>Never the secret.</summary>
    public override string ToString() => Key.ToString();
}

public enum KeyRotationOutcome : byte
{
    Rotated = 0,

    /// <summary>There is no such key that is valid now.</summary>
    NotFound = 1,

    /// <summary>It has a successor already.</summary>
    Replaced = 2,

    /// <summary>There are <see cref="HostKeys.KeysMax"/> keys.</summary>
    Full = 3,
}

[GenerateSerializer, Immutable, Alias("key-rotation")]
public sealed record KeyRotation([property: Id(0)] KeyRotationOutcome Outcome, [property: Id(1)] NewApiKey? Successor);

/// <summary>That a key was used, when, and from where.</summary>
[GenerateSerializer, Immutable, Alias("key-use")]
public sealed record KeyUse([property: Id(0)] string KeyId, [property: Id(1)] DateTimeOffset At, [property: Id(2)] string? From);

/// <summary>
/// The keys of one host or of one tenant. Key: the host's domain, or <c>tenant/</c> and the tenant's name, percent-encoded. On disk when a change returns. It knows
/// nothing of whether the host exists.
/// </summary>
[Alias("key-ring")]
public interface IKeyRingGrain : IGrainWithStringKey
{
    /// <summary>Null when there are <see cref="HostKeys.KeysMax"/> keys.</summary>
    [Alias("create")]
    Task<NewApiKey?> CreateAsync(string name, ImmutableArray<string> scopes, DateTimeOffset? expiresAt);

    [Alias("list"), AlwaysInterleave]
    Task<ImmutableArray<ApiKey>> ListAsync();

    [Alias("delete")]
    Task<bool> DeleteAsync(string id);

    /// <summary>Makes a key like another, for as long a time as that was made for; the other one runs out after <paramref name="overlap"/>, or before.</summary>
    [Alias("rotate")]
    Task<KeyRotation> RotateAsync(string id, TimeSpan overlap);

    /// <summary>The key whose secret this is, null when there is none that is valid now.</summary>
    [Alias("verify"), AlwaysInterleave]
    Task<ApiKey?> VerifyAsync(string id, string secret);

    /// <summary>Keeps the last use of each key.</summary>
    [Alias("note-uses")]
    Task NoteUsesAsync(ImmutableArray<KeyUse> uses);

    /// <summary>Removes every key.</summary>
    [Alias("clear")]
    Task ClearAsync();
}
