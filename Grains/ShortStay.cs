namespace Krewe.Grains;

/// <summary>
/// Lets an activation go that turned out to hold nothing, such as one of a made-up name. Not at once: the calls that wait behind the present one would be sent on
/// to the next activation, which would go as well, and Orleans sends a call on only twice before it refuses it.
/// </summary>
/// <param name="stay">How long; <see cref="Moment"/> when it is left out.</param>
internal sealed class ShortStay(Grain grain, Func<bool> isEmpty, TimeSpan? stay = null)
{
    /// <summary>Longer than any queue of calls takes, short enough for a flood of made-up names.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(2);

    private IGrainTimer? _timer;

    /// <summary>From now on the activation has a moment left, unless it holds something by then.</summary>
    public void Begin() => _timer ??= grain.RegisterGrainTimer(EndAsync, new GrainTimerCreationOptions { DueTime = stay ?? Moment, Period = Timeout.InfiniteTimeSpan });

    private Task EndAsync(CancellationToken cancellationToken)
    {
        _timer?.Dispose();
        _timer = null;
        if (isEmpty())
        {
            grain.DeactivateOnIdle();
        }

        return Task.CompletedTask;
    }
}
