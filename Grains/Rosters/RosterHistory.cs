using System.Collections.Immutable;
using Krewe.Contracts.Rosters;

namespace Krewe.Grains.Rosters;

/// <summary>The last changes of a roster, so that who knows a version of them is told only what came after (RFC 6121 §2.6.3). Lost with the activation.</summary>
internal sealed class RosterHistory
{
    /// <summary>The last change set is kept whatever its size; older ones while all together are within this.</summary>
    private const int ChangesMax = 256;

    private readonly Queue<RosterChangeSet> _sets = new();
    private int _changes;

    public void Add(RosterChangeSet set)
    {
        if (set.Changes.IsEmpty)
        {
            return;
        }

        _sets.Enqueue(set);
        _changes += set.Changes.Length;
        while (_sets.Count > 1 && _changes > ChangesMax)
        {
            _changes -= _sets.Dequeue().Changes.Length;
        }
    }

    /// <summary>What leads from the version to the present roster. When that is not known, a set without changes that begins and ends at the present one.</summary>
    public RosterChangeSet Since(string version, RosterSnapshot now)
    {
        if (version == now.Version)
        {
            return new(version, [], now);
        }

        ImmutableArray<RosterChange>.Builder? changes = null;
        foreach (var set in _sets)
        {
            if (changes is not null)
            {
                changes.AddRange(set.Changes);
                continue;
            }

            var first = set.FromVersion == version ? 0 : After(set, version);
            if (first >= 0)
            {
                changes = ImmutableArray.CreateBuilder<RosterChange>();
                changes.AddRange(set.Changes.AsSpan(first..));
            }
        }

        return changes is null ? new(now.Version, [], now) : new(version, changes.DrainToImmutable(), now);
    }

    private static int After(RosterChangeSet set, string version)
    {
        for (var i = 0; i < set.Changes.Length; i++)
        {
            if (set.Changes[i].Version == version)
            {
                return i + 1;
            }
        }

        return -1;
    }
}
