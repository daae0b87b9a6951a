using Microsoft.Extensions.Logging;

namespace Orleans.Runtime;

/// <summary>The grain host's log events. They name classes and methods, never keys.</summary>
internal sealed partial class HostLog(ILogger logger)
{
    [LoggerMessage(9001, LogLevel.Error, "{Grain} could not be activated")]
    public partial void ActivationFailed(Exception exception, string grain);

    [LoggerMessage(9002, LogLevel.Error, "{Grain} failed while it was deactivated")]
    public partial void DeactivationFailed(Exception exception, string grain);

    [LoggerMessage(9003, LogLevel.Warning, "The one-way call {Method} failed")]
    public partial void OneWayFailed(Exception exception, string method);

    [LoggerMessage(9004, LogLevel.Warning, "A timer of {Grain} failed")]
    public partial void TimerFailed(Exception exception, string grain);

    [LoggerMessage(9005, LogLevel.Warning, "The observer {Observer} is gone; the call {Method} is dropped")]
    public partial void ObserverGone(string observer, string method);
}
