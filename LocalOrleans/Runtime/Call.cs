namespace Orleans.Runtime;

/// <summary>A call of a method of a grain or an observer, and the answer that its caller waits for.</summary>
internal abstract class Call(CallMethod method, object?[] arguments) : Request
{
    public CallMethod Method { get; } = method;

    public override bool IsAlwaysInterleave => Method.IsAlwaysInterleave;

    public override bool IsReadOnly => Method.IsReadOnly;

    public override bool IsAbandoned => IsAnswered || Environment.TickCount64 >= ExpiresAt;

    /// <summary>The answer is there, or the time for it is over.</summary>
    public abstract bool IsAnswered { get; }

    /// <summary>Links of the queue of those that wait for an answer, under its lock.</summary>
    public Call? LaterTimeout { get; set; }

    public Call? EarlierTimeout { get; set; }

    public bool IsTimed { get; set; }

    /// <summary>On the clock of <see cref="Environment.TickCount64"/>.</summary>
    public long ExpiresAt { get; } = Environment.TickCount64 + method.Timeouts.Milliseconds;

    public CancellationToken Cancellation =>
        Method.CancellationIndex >= 0 ? (CancellationToken)arguments[Method.CancellationIndex]! : CancellationToken.None;

    /// <summary>What the method returns to its caller.</summary>
    public abstract object? Returned { get; }

    /// <summary>Makes the answer that the caller waits for. Not needed for a call that is over when it returns.</summary>
    public abstract void Await();

    public void OnTimeout() => Reject(new TimeoutException($"{Method.Name} was not answered within {Method.Timeouts.Duration}."));

    protected override Task Invoke(object instance) => Method.Invoke(instance, arguments);
}

/// <summary>The same with its result; <see cref="NoResult"/> for a method without.</summary>
internal sealed class Call<T>(CallMethod method, object?[] arguments) : Call(method, arguments)
{
    private TaskCompletionSource<T>? _answer;
    private CancellationTokenRegistration _cancellation;
    private Task? _immediate;

    public override bool IsAnswered => _answer is { Task.IsCompleted: true };

    public override object? Returned => Method.Wrap(Method.IsOneWay ? Task.CompletedTask : _immediate ?? _answer!.Task);

    public override void Await()
    {
        // Continuations must never run in the callee's turn, nor delay it.
        _answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Method.Timeouts.Add(this);
        if (Cancellation is { CanBeCanceled: true } token)
        {
            _cancellation = token.UnsafeRegister(static (call, token) => ((Call<T>)call!).Reject(new OperationCanceledException(token)), this);
        }
    }

    public override void Reject(Exception exception)
    {
        if (_answer is null)
        {
            _immediate = Task.FromException<T>(exception);
            return;
        }

        Method.Timeouts.Remove(this);
        if (exception is OperationCanceledException cancelled ? _answer.TrySetCanceled(cancelled.CancellationToken) : _answer.TrySetException(exception))
        {
            _cancellation.Unregister();
        }
    }

    protected override void OnPending()
    {
        if (!Method.IsOneWay && _answer is null)
        {
            Await();
        }
    }

    protected override void OnCompleted(IRequestHost host, Task task)
    {
        if (Method.IsOneWay)
        {
            if (task.Exception is { } error)
            {
                Method.Silo.Log.OneWayFailed(error.InnerException!, Method.Name);
            }
        }
        else if (_answer is null)
        {
            _immediate = task as Task<T> ?? (task.IsCompletedSuccessfully ? Task.FromResult<T>(default!) : Task.FromException<T>(ErrorOf(task)));
        }
        else
        {
            Answer(_answer, task);
        }
    }

    private static Exception ErrorOf(Task task) => task.Exception?.InnerException ?? new TaskCanceledException(task);

    private void Answer(TaskCompletionSource<T> answer, Task task)
    {
        Method.Timeouts.Remove(this);
        _cancellation.Unregister();
        if (task is Task<T> typed)
        {
            answer.TrySetFromTask(typed);
        }
        else if (task.IsCompletedSuccessfully)
        {
            answer.TrySetResult(default!);
        }
        else
        {
            answer.TrySetException(ErrorOf(task));
        }
    }
}

/// <summary>The result of a method that has none.</summary>
internal readonly record struct NoResult;
