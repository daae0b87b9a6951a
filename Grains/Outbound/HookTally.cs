using System.Collections.Immutable;
using Krewe.Contracts.Outbound;

namespace Krewe.Grains.Outbound;

/// <summary>One hook's counts and last calls.</summary>
internal sealed class HookTally
{
    private readonly HookLogCall[] _last = new HookLogCall[HookCallLog.CallsMax];
    private long _calls;
    private long _failures;

    public DateTimeOffset LastAt { get; private set; }

    public void Note(HookResponse response, DateTimeOffset now)
    {
        LastAt = now;
        _last[_calls++ % _last.Length] = new HookLogCall(now, response.Name, response.Status, response.Elapsed, response.Id);
        if (response.Kind is HookAnswer.Failed or HookAnswer.NotCalled)
        {
            _failures++;
        }
    }

    public HookLog Show(string hook, string part, bool isResting)
    {
        ImmutableArray<HookLogCall> last = [.. Newest()];

        // Of a call that was not made, the time says nothing about the service.
        TimeSpan[] latencies = [.. last.Where(static call => !HookResponse.IsNameOfNoCall(call.Outcome)).Select(static call => call.Latency).Order()];
        return new(hook, part, isResting, _calls, _failures, Percentile(latencies, 0.5), Percentile(latencies, 0.95), last);
    }

    private IEnumerable<HookLogCall> Newest()
    {
        for (var i = _calls - 1; i >= Math.Max(0, _calls - _last.Length); i--)
        {
            yield return _last[i % _last.Length];
        }
    }

    /// <summary>Nearest rank.</summary>
    private static TimeSpan Percentile(TimeSpan[] ordered, double percentile) =>
        ordered.Length == 0 ? TimeSpan.Zero : ordered[Math.Max(0, (int)Math.Ceiling(percentile * ordered.Length) - 1)];
}
