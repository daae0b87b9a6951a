using System.Collections.Immutable;

namespace Krewe.Contracts.Audit;

public enum AuditKind : byte
{
    /// <summary>Something was changed, or the attempt ended in a way that leaves it open whether it was.</summary>
    Change = 0,

    /// <summary>An application's everyday request, such as to refresh a roster.</summary>
    Action = 1,

    Refusal = 2,

    /// <summary>The first use of a token from an address after a while.</summary>
    SignIn = 3,
}

/// <summary>A change that begins or ends a host: what was before it is not for whoever has the domain next.</summary>
public enum AuditMark : byte
{
    None = 0,
    HostCreated = 1,
    HostDeleted = 2,
}

/// <summary>A parameter of the request's path.</summary>
[GenerateSerializer, Immutable, Alias("audit-value")]
public sealed record AuditValue([property: Id(0)] string Name, [property: Id(1)] string Value);

/// <summary>Who did what, from where, when and with what outcome. Never what was sent: bodies, secrets, tokens and queries are no part of it.</summary>
/// <param name="Who">As histories name the caller; null for one without a good token.</param>
/// <param name="From">An address; null where it is not known, or where there are too many to tell apart.</param>
/// <param name="What">Method and route template; empty for a sign-in.</param>
[GenerateSerializer, Immutable, Alias("audit-entry")]
public sealed record AuditEntry(
    [property: Id(0)] AuditKind Kind, [property: Id(1)] DateTimeOffset At, [property: Id(2)] string? Who, [property: Id(3)] string? From,
    [property: Id(4)] string What, [property: Id(5)] int Status)
{
    /// <summary>What the caller's key is called.</summary>
    [Id(6)]
    public string? KeyName { get; init; }

    [Id(7)]
    public ImmutableArray<AuditValue> Values { get; init; } = [];

    [Id(8)]
    public string? RequestId { get; init; }

    /// <summary>The tenant whose the host was then; null for none.</summary>
    [Id(9)]
    public string? Tenant { get; init; }

    [Id(10)]
    public AuditMark Mark { get; init; }

    /// <summary>How many equal ones this stands for.</summary>
    [Id(11)]
    public int Count { get; init; } = 1;

    /// <summary>When the last of several was; values and request id are that one's.</summary>
    [Id(12)]
    public DateTimeOffset? LastAt { get; init; }
}

/// <summary>An entry with its place in its log.</summary>
[GenerateSerializer, Immutable, Alias("audit-item")]
public sealed record AuditItem([property: Id(0)] long Number, [property: Id(1)] AuditEntry Entry);

/// <summary>Which entries of a log are asked for, from the newest to the oldest.</summary>
/// <param name="Before">Only those with a lower number; null for all.</param>
/// <param name="Since">Only those of that time and later.</param>
/// <param name="Until">Only those before that time.</param>
/// <param name="Tenant">Only those of this tenant, and of the host as it is now; null for all.</param>
[GenerateSerializer, Immutable, Alias("audit-query")]
public sealed record AuditQuery(
    [property: Id(0)] long? Before, [property: Id(1)] int Limit, [property: Id(2)] DateTimeOffset? Since, [property: Id(3)] DateTimeOffset? Until,
    [property: Id(4)] string? Tenant);

/// <param name="Next">The <see cref="AuditQuery.Before"/> of what comes next; null when there is nothing more.</param>
/// <param name="BeganAt">When the host as it is now was made, as far as this log tells.</param>
[GenerateSerializer, Immutable, Alias("audit-slice")]
public sealed record AuditSlice(
    [property: Id(0)] ImmutableArray<AuditItem> Items, [property: Id(1)] long? Next, [property: Id(2)] DateTimeOffset? BeganAt);
