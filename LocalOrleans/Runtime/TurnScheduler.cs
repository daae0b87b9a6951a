using System.Diagnostics;

namespace Orleans.Runtime;

/// <summary>
/// Runs the turns of one activation one at a time, on whatever thread: the first part of a call, and each continuation of an <c>await</c> in it.
/// It is the scheduler that <c>await</c> captures in a turn, so continuations come back to it. It owns no thread and, while idle, nothing else.
/// </summary>
internal abstract class TurnScheduler : TaskScheduler, IThreadPoolWorkItem
{
    /// <summary>After so many turns in a row the others on the pool get theirs.</summary>
    private const int TurnsInRowMax = 64;

    /// <summary>An idle activation keeps no more room than this for turns.</summary>
    private const int TurnsKeptMax = 8;

    [ThreadStatic]
    private static TurnScheduler? _current;

    private Queue<Task>? _turns;

    /// <summary>Whose turn this thread is running.</summary>
    public static TurnScheduler? Running => _current;

    /// <summary>Guards everything of the activation; held for a few instructions, never while a turn runs.</summary>
    protected object Sync => this;

    /// <summary>A thread runs the turns or was asked to. Under <see cref="Sync"/>.</summary>
    protected bool IsHeld { get; set; }

    public override int MaximumConcurrencyLevel => 1;

    /// <summary>Lets a thread run something that is nobody's turn.</summary>
    public static TurnScheduler? Exchange(TurnScheduler? current)
    {
        var outer = _current;
        _current = current;
        return outer;
    }

    void IThreadPoolWorkItem.Execute()
    {
        _current = this;
        for (var i = 0; i < TurnsInRowMax; i++)
        {
            Task? turn;
            lock (Sync)
            {
                if (_turns is null || !_turns.TryDequeue(out turn))
                {
                    IsHeld = false;
                    _current = null;
                    if (_turns is { Capacity: > TurnsKeptMax })
                    {
                        _turns = null;
                    }

                    return;
                }
            }

            TryExecuteTask(turn);
        }

        _current = null;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>Runs a turn on the caller's thread, which has just taken hold.</summary>
    protected void RunHeld(Task turn)
    {
        Debug.Assert(IsHeld, "whoever runs a turn holds the activation");
        var outer = Exchange(this);
        InlineTurn.Run(turn, this);
        _current = outer;
        lock (Sync)
        {
            if (_turns is not { Count: > 0 })
            {
                IsHeld = false;
                return;
            }
        }

        // What came meanwhile must not delay the caller.
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
    }

    protected override void QueueTask(Task task)
    {
        lock (Sync)
        {
            (_turns ??= new Queue<Task>()).Enqueue(task);
            if (IsHeld)
            {
                return;
            }

            IsHeld = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        !taskWasPreviouslyQueued && _current == this && TryExecuteTask(task);

    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (Sync)
        {
            return _turns?.ToArray() ?? [];
        }
    }
}
