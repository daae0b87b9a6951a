using System.Collections.Concurrent;

namespace Krewe.Frontend.Http;

/// <summary>
/// What must be up before this process is ready for clients, each part telling for itself; and that it is about to stop.
/// </summary>
/// <param name="grainHost">Named in <c>/readyz</c>: <c>Orleans</c> or <c>Local</c>.</param>
/// <param name="parts">What will tell; none of it is up yet.</param>
internal sealed class Readiness(string grainHost, params IEnumerable<string> parts)
{
    private readonly ConcurrentDictionary<string, bool> _checks = new(parts.Select(part => KeyValuePair.Create(part, false)), StringComparer.Ordinal);
    private volatile bool _isDraining;

    public string GrainHost { get; } = grainHost;

    public bool IsDraining => _isDraining;

    public bool IsReady => !_isDraining && _checks.Values.All(isUp => isUp);

    public IReadOnlyDictionary<string, bool> Checks => new SortedDictionary<string, bool>(_checks, StringComparer.Ordinal);

    /// <summary>Names a part; the process is not ready while one is not up.</summary>
    public void Report(string part, bool isUp) => _checks[part] = isUp;

    /// <summary>From now on the process takes no new streams.</summary>
    public void Drain() => _isDraining = true;
}
