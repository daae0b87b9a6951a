namespace Krewe.Contracts.Hosts;

/// <summary>Domains that are nothing here, each remembered for <see cref="For"/>, at most <see cref="Max"/> of them. Not for several threads at a time.</summary>
internal sealed class AbsentDomains(TimeProvider time)
{
    public const int Max = 10_000;

    public static readonly TimeSpan For = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, Absence> _absent = new(StringComparer.Ordinal);
    private readonly Queue<Absence> _absences = new();

    public int Count => _absent.Count;

    public bool Has(string domain) => _absent.TryGetValue(domain, out var absence) && time.GetElapsedTime(absence.Since) < For;

    public void Forget(string domain) => _absent.Remove(domain);

    public void Remember(string domain)
    {
        // Entries all live equally long, so the oldest in the queue is the first to go; those that were replaced are only in the queue.
        while (_absences.TryPeek(out var oldest) && (_absences.Count >= Max || time.GetElapsedTime(oldest.Since) >= For))
        {
            _absences.Dequeue();
            if (_absent.TryGetValue(oldest.Domain, out var known) && ReferenceEquals(known, oldest))
            {
                _absent.Remove(oldest.Domain);
            }
        }

        var absence = new Absence(domain, time.GetTimestamp());
        _absent[domain] = absence;
        _absences.Enqueue(absence);
    }

    private sealed record Absence(string Domain, long Since);
}
