using System.Collections.Immutable;
using Krewe.Contracts.Addressing;

namespace Krewe.Tests.Grains.Storage;

internal sealed record SampleState
{
    public string Text { get; init; } = "";

    public Jid? Owner { get; init; }

    public ReadOnlyMemory<byte> Bytes { get; init; }

    public ImmutableArray<SampleItem> Items { get; init; } = [];
}

internal sealed record SampleItem(string Name, ImmutableArray<string> Groups, DayOfWeek Day, DateTimeOffset? At);
