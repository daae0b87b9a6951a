using System.Collections.Immutable;
using System.Globalization;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Audit;

namespace Krewe.Frontend.Http;

/// <summary>Where a reader of both logs of a host is: before which number in each. Null is the newest end, <see cref="End"/> the oldest.</summary>
internal readonly record struct AuditPlace(long? Changes, long? Accesses)
{
    public const long End = 0;

    public static bool TryParse(string? text, out AuditPlace place)
    {
        place = default;
        if (text is null)
        {
            return true;
        }

        if (text.Split('.') is not [var changes, var accesses] || !TryNumber(changes, out var first) || !TryNumber(accesses, out var second))
        {
            return false;
        }

        place = new AuditPlace(first, second);
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Changes}.{Accesses}");

    private static bool TryNumber(string text, out long? number)
    {
        number = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
        return number is not null || text.Length == 0;
    }
}

/// <summary>Reads the two logs of a host, or of the provider, as one: from the newest entry to the oldest.</summary>
internal sealed class AuditReader(IGrainFactory grains)
{
    /// <param name="host">The host's domain; null for the provider's.</param>
    /// <param name="tenant">Only what is this tenant's, of the host as it is now; null for all.</param>
    public async Task<(ImmutableArray<AuditEntry> Entries, AuditPlace? Next)> ReadAsync(
        string? host, AuditPlace place, int limit, DateTimeOffset? since, DateTimeOffset? until, string? tenant)
    {
        var query = new AuditQuery(place.Changes, limit, since, until, tenant);
        var changes = await ReadAsync(grains.AuditLog(GrainKeys.AuditChanges(host)), query);

        // When the host was made is told by the log of changes alone.
        var sinceMade = tenant is not null && !(changes.BeganAt <= since) ? changes.BeganAt ?? since : since;
        var accesses = await ReadAsync(grains.AuditLog(GrainKeys.AuditAccesses(host)), query with { Before = place.Accesses, Since = sinceMade });

        var entries = ImmutableArray.CreateBuilder<AuditEntry>();
        var (first, second) = (0, 0);
        while (entries.Count < limit && (first < changes.Items.Length || second < accesses.Items.Length))
        {
            var isChange = second == accesses.Items.Length
                || (first < changes.Items.Length && changes.Items[first].Entry.At >= accesses.Items[second].Entry.At);
            entries.Add(isChange ? changes.Items[first++].Entry : accesses.Items[second++].Entry);
        }

        var next = new AuditPlace(PlaceAfter(changes, first), PlaceAfter(accesses, second));
        return (entries.DrainToImmutable(), next is { Changes: AuditPlace.End, Accesses: AuditPlace.End } ? null : next);
    }

    /// <summary>As many as were asked for, unless there are not so many: a log may answer with fewer.</summary>
    private static async Task<AuditSlice> ReadAsync(IAuditLogGrain log, AuditQuery query)
    {
        var slice = await log.ReadAsync(query);
        while (slice is { Next: { } next } && slice.Items.Length < query.Limit)
        {
            var more = await log.ReadAsync(query with { Before = next, Limit = query.Limit - slice.Items.Length });
            slice = new AuditSlice([.. slice.Items, .. more.Items], more.Next, more.BeganAt);
        }

        return slice;
    }

    private static long PlaceAfter(AuditSlice slice, int taken) =>
        taken == slice.Items.Length ? slice.Next ?? AuditPlace.End
        : taken == 0 ? slice.Items[0].Number + 1
        : slice.Items[taken - 1].Number;
}
