namespace Orleans.Runtime;

/// <summary>Where requests run, one turn at a time.</summary>
internal interface IRequestHost
{
    string Name { get; }

    /// <summary>Called in the turn in which a request ends, before its caller learns of it.</summary>
    void OnCompleted(Request request, Exception? error);
}

/// <summary>Something that an activation or an observer is to do: a call or a timer's tick. Also a link of the queue in which it waits.</summary>
internal abstract class Request
{
    private static readonly Action<object?> RunTurn = static request => ((Request)request!).Run();

    private IRequestHost? _host;
    private object? _instance;
    private Task? _task;

    /// <summary>The next in an activation's queue.</summary>
    public Request? Next { get; set; }

    /// <summary>How often it was sent on from an activation that ended.</summary>
    public int Forwards { get; set; }

    public virtual bool IsAlwaysInterleave => false;

    public virtual bool IsReadOnly => false;

    /// <summary>Whether it counts as use of the activation.</summary>
    public virtual bool IsKeepAlive => true;

    /// <summary>Nobody waits for it any more, so that it need not run.</summary>
    public virtual bool IsAbandoned => false;

    /// <summary>A turn that runs the request's first part.</summary>
    public Task NewTurn(IRequestHost host, object instance)
    {
        _host = host;
        _instance = instance;
        return InlineTurn.New(RunTurn, this);
    }

    /// <summary>The request cannot be brought to where it should run.</summary>
    public abstract void Reject(Exception exception);

    protected abstract Task Invoke(object instance);

    /// <summary>The request goes on after its first turn.</summary>
    protected virtual void OnPending()
    {
    }

    protected abstract void OnCompleted(IRequestHost host, Task task);

    private void Run()
    {
        if (IsAbandoned)
        {
            _host!.OnCompleted(this, null);
            return;
        }

        try
        {
            _task = Invoke(_instance!) ?? throw new InvalidOperationException("A grain method returned null for its task.");
        }
        catch (Exception e)
        {
            // A method that is not async throws here what it would otherwise put into its task.
            _task = Task.FromException(e);
        }

        if (_task.IsCompleted)
        {
            Complete();
        }
        else
        {
            OnPending();
            _task.GetAwaiter().UnsafeOnCompleted(Complete);
        }
    }

    private void Complete()
    {
        var (host, task) = (_host!, _task!);
        (_host, _instance, _task) = (null, null, null);
        host.OnCompleted(this, task.Exception?.InnerException);
        OnCompleted(host, task);
    }
}
