using System.Diagnostics.CodeAnalysis;

namespace Krewe.Frontend.Sasl;

/// <summary>A count of failures that goes down by itself as time passes.</summary>
internal sealed class FailureCount
{
    /// <summary>Attempts that are under way.</summary>
    public int UnderWay { get; set; }

    /// <summary>When the next attempt may be looked at, where they take turns; a timestamp.</summary>
    public long NextTurn { get; set; }

    public double Failures { get; set; }

    public long CountedAt { get; set; }
}

/// <summary>
/// Failures by whom they are counted against. Bounded: of two generations the older is dropped as a whole when the younger is full, so whoever wants to be forgotten has to fail in
/// the name of very many others first. Not thread-safe.
/// </summary>
/// <param name="forgivenEvery">After how long one failure less is counted.</param>
/// <param name="countMax">More are not held against anybody, so that everybody is forgiven within a known time.</param>
internal sealed class FailureTable<TKey>(TimeProvider time, TimeSpan forgivenEvery, int countMax, int entriesMax)
    where TKey : notnull
{
    private Dictionary<TKey, FailureCount> _young = [];
    private Dictionary<TKey, FailureCount> _old = [];

    public int Count => _young.Count + _old.Count;

    public bool TryGet(TKey key, [NotNullWhen(true)] out FailureCount? count) => _young.TryGetValue(key, out count) || _old.TryGetValue(key, out count);

    public FailureCount GetOrAdd(TKey key)
    {
        if (_young.TryGetValue(key, out var count))
        {
            return count;
        }

        if (!_old.Remove(key, out count))
        {
            count = new FailureCount { CountedAt = time.GetTimestamp() };
        }

        if (_young.Count >= entriesMax / 2)
        {
            (_old, _young) = (_young, []);
        }

        return _young[key] = count;
    }

    public double FailuresOf(TKey key) => TryGet(key, out var count) ? FailuresOf(count) : 0;

    public double FailuresOf(FailureCount count) => Math.Max(0, count.Failures - (time.GetElapsedTime(count.CountedAt) / forgivenEvery));

    public void Add(TKey key)
    {
        var count = GetOrAdd(key);
        count.Failures = Math.Min(countMax, FailuresOf(count) + 1);
        count.CountedAt = time.GetTimestamp();
    }

    /// <summary>Forgets what says nothing any more.</summary>
    public void Trim(TKey key)
    {
        if (TryGet(key, out var count) && count.UnderWay == 0 && FailuresOf(count) <= 0)
        {
            _ = _young.Remove(key) || _old.Remove(key);
        }
    }
}
