namespace Krewe.Frontend.Observability;

/// <summary>
/// Which hosts have a label of their own: those about which the counters counted most of late. A host that has a label keeps it until another is
/// twice as busy, so that two equals do not take turns in it.
/// </summary>
internal sealed class BusiestHosts(int labelsMax, TimeProvider time)
{
    // Long enough to outlast a quiet minute, short enough to follow a working day.
    private static readonly TimeSpan HalfLife = TimeSpan.FromMinutes(10);
    private const double KeepFactor = 2;

    private readonly Dictionary<string, double> _scores = new(StringComparer.Ordinal);
    private HashSet<string> _labelled = new(StringComparer.Ordinal);
    private long _since = time.GetTimestamp();

    public bool HasLabel(string host) => _labelled.Contains(host);

    /// <param name="counted">What the counters counted about each host since the last call.</param>
    public void Rank(IReadOnlyDictionary<string, double> counted)
    {
        var decay = Math.Pow(0.5, time.GetElapsedTime(_since) / HalfLife);
        _since = time.GetTimestamp();
        foreach (var host in _scores.Keys)
        {
            _scores[host] *= decay;
        }

        foreach (var (host, count) in counted)
        {
            _scores[host] = _scores.GetValueOrDefault(host) + count;
        }

        _labelled = _scores
            .OrderByDescending(score => score.Value * (_labelled.Contains(score.Key) ? KeepFactor : 1))
            .ThenBy(score => score.Key, StringComparer.Ordinal)
            .Take(labelsMax)
            .Select(score => score.Key)
            .ToHashSet(StringComparer.Ordinal);
    }
}
