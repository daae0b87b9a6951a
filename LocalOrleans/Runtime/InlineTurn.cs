using System.Runtime.CompilerServices;

namespace Orleans.Runtime;

/// <summary>
/// Running a callee's first turn on the caller's thread, when the callee is idle: half the latency of a way through the pool. The task that carries
/// the turn sets the callee's scheduler and gives back the caller's. Calls that nest too deep go through the pool.
/// </summary>
internal static class InlineTurn
{
    /// <summary>Calls within calls on one thread's stack.</summary>
    private const int DepthMax = 8;

    private static readonly ExecutionContext Clean = CaptureClean();

    [ThreadStatic]
    private static int _depth;

    public static bool IsAllowed =>
        _depth < DepthMax && !ExecutionContext.IsFlowSuppressed() && RuntimeHelpers.TryEnsureSufficientExecutionStack();

    /// <summary>A turn as a task. The caller's async locals stay with the caller, as over a network.</summary>
    public static Task New(Action<object?> action, object state)
    {
        var callers = ExecutionContext.Capture();
        if (callers is null || ReferenceEquals(callers, Clean))
        {
            return new Task(action, state, TaskCreationOptions.DenyChildAttach);
        }

        ExecutionContext.Restore(Clean);
        var turn = new Task(action, state, TaskCreationOptions.DenyChildAttach);
        ExecutionContext.Restore(callers);
        return turn;
    }

    public static void Run(Task turn, TaskScheduler scheduler)
    {
        // An await prefers a synchronization context to the scheduler, so the caller's must not be seen.
        var context = SynchronizationContext.Current;
        if (context is not null)
        {
            SynchronizationContext.SetSynchronizationContext(null);
        }

        _depth++;
        turn.RunSynchronously(scheduler);
        _depth--;
        if (context is not null)
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    private static ExecutionContext CaptureClean()
    {
        ExecutionContext? clean = null;
        var thread = new Thread(() => clean = ExecutionContext.Capture());
        thread.UnsafeStart();
        thread.Join();
        return clean!;
    }
}
