namespace Krewe.Contracts.Hosts;

/// <summary>What made a version of a host's document.</summary>
public enum HostVersionOutcome : byte
{
    Created = 0,
    Replaced = 1,
    Restored = 2,
    Suspended = 3,
    Resumed = 4,

    /// <summary>Read from the host's file, whose history is not kept here.</summary>
    Read = 5,
}

/// <summary>A version of a host's document, without it.</summary>
/// <param name="Author">Null where it was not told.</param>
/// <param name="Restored">For <see cref="HostVersionOutcome.Restored"/>: the version whose document this one has.</param>
[GenerateSerializer, Immutable, Alias("host-version")]
public sealed record HostVersion(
    [property: Id(0)] long Version, [property: Id(1)] DateTimeOffset At, [property: Id(2)] string? Author,
    [property: Id(3)] HostVersionOutcome Outcome, [property: Id(4)] long? Restored = null);

/// <summary>A version with its document, which has its secrets in the clear, for the service's own use only.</summary>
[GenerateSerializer, Immutable, Alias("host-version-document")]
public sealed record HostVersionDocument([property: Id(0)] HostVersion Version, [property: Id(1)] string Json)
{
    /// <summary>Never the document.</summary>
    public override string ToString() => Version.ToString();
}
