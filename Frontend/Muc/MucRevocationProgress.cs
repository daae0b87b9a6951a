namespace Krewe.Frontend.Muc;

/// <summary>What a revocation came to (contract §4).</summary>
internal record struct MucRevocationCounts
{
    /// <summary>Decisions that were remembered, or on their way.</summary>
    public int Forgotten { get; set; }

    /// <summary>Users in a room that the service was asked about.</summary>
    public int Asked { get; set; }

    /// <summary>Users who were removed from a room, with all their devices.</summary>
    public int Removed { get; set; }

    /// <summary>Users of whom nobody knows now whether they may stay; they stay.</summary>
    public int Failed { get; set; }
}

/// <summary>The counts of a revocation while it runs: written by those who work on it, read at the deadline.</summary>
internal sealed class MucRevocationProgress
{
    private readonly Lock _gate = new();
    private MucRevocationCounts _counts;
    private int? _found;
    private int _finished;

    /// <summary>How much there is to do.</summary>
    public bool IsKnown
    {
        get
        {
            lock (_gate)
            {
                return _found is not null;
            }
        }
    }

    public int Pending
    {
        get
        {
            lock (_gate)
            {
                return (_found ?? 0) - _finished;
            }
        }
    }

    public void Found(int places)
    {
        lock (_gate)
        {
            _found = places;
        }
    }

    /// <summary>One place more is finished.</summary>
    public void Add(MucRevocationCounts counts)
    {
        lock (_gate)
        {
            _finished++;
            _counts = new MucRevocationCounts
            {
                Forgotten = _counts.Forgotten + counts.Forgotten,
                Asked = _counts.Asked + counts.Asked,
                Removed = _counts.Removed + counts.Removed,
                Failed = _counts.Failed + counts.Failed,
            };
        }
    }

    /// <summary>What is not finished counts as failed.</summary>
    public MucRevocationCounts Read()
    {
        lock (_gate)
        {
            return _counts with { Failed = _counts.Failed + (_found ?? 0) - _finished };
        }
    }
}
