using System.Collections.Immutable;
using Krewe.Contracts.Usage;

namespace Krewe.Grains.Usage;

/// <summary>The last batch that was taken of a process.</summary>
[GenerateSerializer, Immutable, Alias("usage-source")]
internal sealed record UsageSource([property: Id(0)] string Name, [property: Id(1)] long Number);

/// <summary>One host's usage as it is stored: what grows for ever, and the day that is not over. Days that are over are in their months.</summary>
[GenerateSerializer, Immutable, Alias("usage-state")]
internal sealed record UsageState
{
    /// <summary>Processes that are remembered, the latest last: more than run at a time.</summary>
    private const int SourcesMax = 32;

    [Id(0)]
    public ImmutableArray<UsageAmount> Totals { get; init; } = [];

    [Id(1)]
    public long SessionsPeak { get; init; }

    /// <summary>The last day of which something was counted.</summary>
    [Id(2)]
    public UsageDay? Day { get; init; }

    /// <summary>Months of which there are rows, in their order.</summary>
    [Id(3)]
    public ImmutableArray<string> Months { get; init; } = [];

    [Id(4)]
    public ImmutableArray<UsageSource> Sources { get; init; } = [];

    /// <summary>The state with a batch, on its day; null when it has it.</summary>
    public UsageState? With(UsageBatch batch, string day)
    {
        if (Sources.FirstOrDefault(source => source.Name == batch.Source) is { } known && known.Number >= batch.Number)
        {
            return null;
        }

        // Clocks may be set back; a day that is over stays over.
        var row = Day is { } last && string.CompareOrdinal(last.Date, day) >= 0 ? last : new UsageDay(day, [], 0);
        ImmutableArray<UsageSource> others = Sources.RemoveAll(source => source.Name == batch.Source);
        return this with
        {
            Totals = Sum(Totals, batch.Amounts),
            SessionsPeak = Math.Max(SessionsPeak, batch.SessionsPeak),
            Day = new UsageDay(row.Date, Sum(row.Amounts, batch.Amounts), Math.Max(row.SessionsPeak, batch.SessionsPeak)),
            Sources = [.. others.Skip(Math.Max(0, others.Length + 1 - SourcesMax)), new UsageSource(batch.Source, batch.Number)],
        };
    }

    private static ImmutableArray<UsageAmount> Sum(ImmutableArray<UsageAmount> one, ImmutableArray<UsageAmount> other) =>
    [
        .. one.Concat(other).GroupBy(static each => each.Counter, StringComparer.Ordinal)
            .Select(static group => new UsageAmount(group.Key, group.Sum(static each => each.Amount)))
            .Where(static each => each.Amount != 0).OrderBy(static each => each.Counter, StringComparer.Ordinal),
    ];
}

/// <summary>One month of a host, its days in their order.</summary>
[GenerateSerializer, Immutable, Alias("usage-month-state")]
internal sealed record UsageMonthState
{
    [Id(0)]
    public ImmutableArray<UsageDay> Days { get; init; } = [];
}
