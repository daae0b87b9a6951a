using System.Collections.Immutable;
using Krewe.Contracts.Rosters;

namespace Krewe.Grains.Rosters;

/// <summary>
/// The full comparison of two rosters: added, removed, and any part of an item changed. One change and one version for each item (RFC 6121 §2.6.3).
/// </summary>
internal static class RosterComparison
{
    /// <summary>What leads from one roster to the items; without changes it ends in the very roster it began with.</summary>
    /// <param name="version">The version of <paramref name="before"/>, or it with a new epoch: the first change takes the one after it.</param>
    public static RosterChangeSet Compare(RosterSnapshot before, ImmutableArray<RosterItem> after, RosterVersion version)
    {
        var changes = ImmutableArray.CreateBuilder<RosterChange>();
        var items = ImmutableArray.CreateBuilder<RosterItem>(after.Length);
        int i = 0, j = 0;
        while (i < before.Items.Length || j < after.Length)
        {
            var order = i == before.Items.Length ? 1 : j == after.Length ? -1 : string.CompareOrdinal(before.Items[i].Jid.Bare, after[j].Jid.Bare);
            var old = order <= 0 ? before.Items[i++] : null;
            var item = order >= 0 ? after[j++] : null;

            // An item that is as it was stays the same object: two equal rosters are held once.
            item = item is not null && item.Equals(old) ? old : item;
            if (item is not null)
            {
                items.Add(item);
            }

            if (!ReferenceEquals(old, item))
            {
                version = version.Next();
                changes.Add(new(version.ToString(), old, item));
            }
        }

        return changes.Count == 0
            ? new(before.Version, [], before)
            : new(before.Version, changes.DrainToImmutable(), new(version.ToString(), items.DrainToImmutable()));
    }
}
