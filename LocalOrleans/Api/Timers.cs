using System.Diagnostics.CodeAnalysis;

namespace Orleans.Runtime;

/// <summary>A grain's timer: its ticks are turns. It dies with the activation.</summary>
public interface IGrainTimer : IDisposable
{
    /// <summary>Sets both anew; during a tick it takes effect after it.</summary>
    void Change(TimeSpan dueTime, TimeSpan period);
}

/// <summary>When a timer ticks and how its ticks go with calls.</summary>
public readonly struct GrainTimerCreationOptions()
{
    [SetsRequiredMembers]
    public GrainTimerCreationOptions(TimeSpan dueTime, TimeSpan period)
        : this()
    {
        DueTime = dueTime;
        Period = period;
    }

    public required TimeSpan DueTime { get; init; }

    /// <summary>Counted from the end of a tick, so that ticks never pile up.</summary>
    public required TimeSpan Period { get; init; }

    /// <summary>Whether a tick may run while a call waits for something.</summary>
    public bool Interleave { get; init; }

    /// <summary>Whether a tick counts as use, which keeps idle collection away.</summary>
    public bool KeepAlive { get; init; }
}
