using System.Collections.Immutable;
using Orleans.Concurrency;

namespace Krewe.Contracts.Hosts;

/// <summary>The provider's defaults as they cross processes: a document with its secrets in the clear, for the service's own use only.</summary>
/// <param name="Version">Greater with each change; <see cref="Unset"/> while nobody has set any.</param>
[GenerateSerializer, Immutable, Alias("host-defaults-document")]
public sealed record HostDefaultsDocument([property: Id(0)] long Version, [property: Id(1)] string Json)
{
    public static readonly HostDefaultsDocument Unset = new(1, "{}");

    /// <summary>Never the document.</summary>
    public override string ToString() => $"defaults at version {Version}";
}

/// <param name="Outcome"><see cref="HostChangeOutcome.Replaced"/>, <see cref="HostChangeOutcome.VersionMismatch"/> or <see cref="HostChangeOutcome.Invalid"/>.</param>
[GenerateSerializer, Immutable, Alias("host-defaults-change")]
public sealed record HostDefaultsChange(
    [property: Id(0)] HostChangeOutcome Outcome, [property: Id(1)] HostDefaultsDocument Defaults,
    [property: Id(2)] ImmutableArray<DocumentProblem> Problems);

/// <summary>What the provider has set for each host that does not set it itself. There is always such a document; at first it is empty. On disk when a change returns.</summary>
[Alias("host-defaults")]
public interface IHostDefaultsGrain : IGrainWithStringKey
{
    [Alias("get"), AlwaysInterleave]
    Task<HostDefaultsDocument> GetAsync();

    /// <param name="json">As sent: <c>{ "secret": "set" }</c> in a secret's place keeps the stored one.</param>
    /// <param name="ifMatch">The version that must be the present one, or <see cref="HostVersions.Any"/>; null for any.</param>
    [Alias("put")]
    Task<HostDefaultsChange> PutAsync(string json, long? ifMatch);
}
