using Orleans.Concurrency;

namespace Krewe.Contracts.Delegation;

/// <summary>A request of a delegated namespace, for a tenant's web service (contract: "Namespace").</summary>
/// <param name="Namespace">The grant's: that of the payload, or a pseudo-namespace.</param>
/// <param name="Url">The grant's.</param>
/// <param name="From">Who asks, as stamped by the server.</param>
/// <param name="To">As the requester gave it; null for nobody.</param>
/// <param name="Type"><c>get</c> or <c>set</c>.</param>
/// <param name="PayloadNamespace">What the payload is in.</param>
/// <param name="Xml">The whole IQ, as a document.</param>
[GenerateSerializer, Immutable, Alias("delegated-iq")]
public sealed record DelegatedIq(
    [property: Id(0)] string Namespace,
    [property: Id(1)] string Url,
    [property: Id(2)] string From,
    [property: Id(3)] string? To,
    [property: Id(4)] string Id,
    [property: Id(5)] string Type,
    [property: Id(6)] string PayloadNamespace,
    [property: Id(7)] ReadOnlyMemory<byte> Xml)
{
    /// <summary>Never what was asked.</summary>
    public override string ToString() => Namespace;
}

public enum DelegatedOutcome : byte
{
    /// <summary>An IQ result.</summary>
    Result = 0,

    /// <summary>An IQ error of the service's own.</summary>
    Error = 1,

    /// <summary>The service answered something that is neither.</summary>
    Malformed = 2,

    TimedOut = 3,

    /// <summary>No answer for any other reason.</summary>
    Failed = 4,
}

/// <param name="Xml">The result's payload or the <c>&lt;error/&gt;</c>, as the service wrote it: nobody has looked at it. Empty when there is none.</param>
[GenerateSerializer, Immutable, Alias("delegated-answer")]
public sealed record DelegatedAnswer([property: Id(0)] DelegatedOutcome Outcome, [property: Id(1)] ReadOnlyMemory<byte> Xml = default)
{
    /// <summary>Never what was answered.</summary>
    public override string ToString() => Outcome.ToString();
}

/// <summary>Asks the web services that a host has delegated namespaces to. Key: the host's domain.</summary>
[Alias("delegation")]
public interface IDelegationGrain : IGrainWithStringKey
{
    /// <summary>Always answers by the grant's timeout, always with a value. Only what a grant of the host names is called.</summary>
    [Alias("ask"), AlwaysInterleave]
    Task<DelegatedAnswer> AskAsync(DelegatedIq iq);
}
