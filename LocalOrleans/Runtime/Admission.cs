namespace Orleans.Runtime;

/// <summary>
/// Which requests of an activation may be under way together, and the queue of those that may not yet. Orleans' rules: a request that may not
/// interleave blocks the others, but for those that always do, and for read-only ones while a read-only one blocks. Guarded by its activation.
/// </summary>
internal struct Admission
{
    private Request? _blocking;
    private Request? _first;
    private Request? _last;
    private int _waitingInterleaving;

    public int Running { get; private set; }

    public int Waiting { get; private set; }

    public bool TryBegin(Request request, bool isReentrant)
    {
        if (!MayBegin(request, isReentrant))
        {
            return false;
        }

        Running++;
        if (!request.IsAlwaysInterleave)
        {
            _blocking ??= request;
        }

        return true;
    }

    /// <summary>Something other than a request is under way: the activation's beginning.</summary>
    public void BeginExclusive() => Running++;

    public void EndExclusive() => Running--;

    public void End(Request request)
    {
        Running--;
        if (ReferenceEquals(_blocking, request))
        {
            _blocking = null;
        }
    }

    public void Wait(Request request)
    {
        if (_last is null)
        {
            _first = request;
        }
        else
        {
            _last.Next = request;
        }

        _last = request;
        Waiting++;
        _waitingInterleaving += request.IsAlwaysInterleave ? 1 : 0;
    }

    /// <summary>The first that may begin now.</summary>
    public Request? TryBeginNext(bool isReentrant)
    {
        Request? before = null;
        for (var request = _first; request is not null; before = request, request = request.Next)
        {
            if (TryBegin(request, isReentrant))
            {
                Remove(request, before);
                return request;
            }

            // Behind a blocked head only these can pass; without them a long queue is not walked at each step.
            if (_waitingInterleaving == 0 && _blocking is not { IsReadOnly: true })
            {
                return null;
            }
        }

        return null;
    }

    public Request? TakeWaiting()
    {
        var first = _first;
        if (first is not null)
        {
            Remove(first, null);
        }

        return first;
    }

    private readonly bool MayBegin(Request request, bool isReentrant) =>
        Running == 0 || request.IsAlwaysInterleave || _blocking is null || isReentrant || (_blocking.IsReadOnly && request.IsReadOnly);

    private void Remove(Request request, Request? before)
    {
        if (before is null)
        {
            _first = request.Next;
        }
        else
        {
            before.Next = request.Next;
        }

        if (ReferenceEquals(_last, request))
        {
            _last = before;
        }

        request.Next = null;
        Waiting--;
        _waitingInterleaving -= request.IsAlwaysInterleave ? 1 : 0;
    }
}
