using System.Collections.Immutable;

namespace Krewe.Contracts.Usage;

/// <summary>
/// What one host has used, for bills: counters that only grow, and a row for each day. Key: the host's domain. Every process adds what it counted, in batches; a batch that is given twice
/// counts once. On disk when a call returns.
/// </summary>
[Alias("usage")]
public interface IUsageGrain : IGrainWithStringKey
{
    /// <summary>So long are the rows of days kept.</summary>
    const int DaysKept = 400;

    [Alias("add")]
    Task AddAsync(UsageBatch batch);

    /// <param name="since">The first day (<see cref="UsageDay.Date"/>) of the rows.</param>
    [Alias("read")]
    Task<UsageReport> ReadAsync(string since);

    /// <summary>How much is stored for the host at the moment.</summary>
    /// <param name="roomServices">The domains of its room services.</param>
    [Alias("stored")]
    Task<UsageStored> StoredAsync(ImmutableArray<string> roomServices);

    /// <summary>Forgets everything, as the host is removed.</summary>
    [Alias("clear")]
    Task ClearAsync();
}

/// <summary>The rows of one month of a host, which do not change any more. Key: domain, slash, month.</summary>
[Alias("usage-month")]
public interface IUsageMonthGrain : IGrainWithStringKey
{
    /// <summary>Takes the row of a day that is over, in place of one that it has.</summary>
    [Alias("put")]
    Task PutAsync(UsageDay day);

    [Alias("days")]
    Task<ImmutableArray<UsageDay>> DaysAsync();

    [Alias("clear")]
    Task ClearAsync();
}

/// <param name="Counter">One of <see cref="UsageCounters"/>.</param>
[GenerateSerializer, Immutable, Alias("usage-amount")]
public sealed record UsageAmount([property: Id(0)] string Counter, [property: Id(1)] long Amount);

/// <summary>What one process counted about one host since its last batch.</summary>
/// <param name="Source">The process; a new name after each start.</param>
/// <param name="Number">Greater with each batch of the source.</param>
/// <param name="SessionsPeak">The most sessions at a time that the process had of the host.</param>
[GenerateSerializer, Immutable, Alias("usage-batch")]
public sealed record UsageBatch(
    [property: Id(0)] string Source, [property: Id(1)] long Number, [property: Id(2)] ImmutableArray<UsageAmount> Amounts, [property: Id(3)] long SessionsPeak);

/// <param name="Date">By UTC, as <c>2026-11-21</c>.</param>
/// <param name="Amounts">By counter; what is zero is left out.</param>
[GenerateSerializer, Immutable, Alias("usage-day")]
public sealed record UsageDay([property: Id(0)] string Date, [property: Id(1)] ImmutableArray<UsageAmount> Amounts, [property: Id(2)] long SessionsPeak);

/// <param name="Days">In their order.</param>
[GenerateSerializer, Immutable, Alias("usage-report")]
public sealed record UsageReport([property: Id(0)] ImmutableArray<UsageAmount> Totals, [property: Id(1)] long SessionsPeak, [property: Id(2)] ImmutableArray<UsageDay> Days);

/// <param name="Rooms">Those that are kept; rooms that end with their last occupant are not among them.</param>
[GenerateSerializer, Immutable, Alias("usage-stored")]
public sealed record UsageStored([property: Id(0)] long Accounts, [property: Id(1)] long Rooms);
