using System.Runtime.InteropServices;

namespace Krewe.Contracts.Hosting;

/// <summary>
/// Leave to go on, for so many at once, and for the others in turn by host: whoever waits behind a host with a thousand waiters waits for one of them. A turn ends after some work that waits for
/// nothing itself, so nobody waits for longer than what is queued takes. May be used by any thread.
/// </summary>
/// <param name="atOnce">Turns that are given at a time; none when it is negative.</param>
public sealed class HostTurns(int atOnce)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedList<TaskCompletionSource>> _waiting = new(StringComparer.Ordinal);

    /// <summary>Hosts with something in <see cref="_waiting"/>, the next one first; of some everybody may have given up.</summary>
    private readonly Queue<string> _order = new();

    private int _free = Math.Max(0, atOnce);

    /// <summary>Null for who may begin at once; done when it is the host's turn. In either case <see cref="Leave"/> must follow.</summary>
    public Task? Enter(string host)
    {
        lock (_lock)
        {
            return TryTake() ? null : Wait(host).Value.Task;
        }
    }

    /// <summary>The same, done when it is the host's turn; then <see cref="Leave"/> must follow. False at once when so many of the host wait already.</summary>
    /// <exception cref="OperationCanceledException">Who waited gave up, and has left the place.</exception>
    public async ValueTask<bool> TryEnterAsync(string host, int waitingMax, CancellationToken cancellationToken)
    {
        LinkedListNode<TaskCompletionSource> place;
        lock (_lock)
        {
            if (TryTake())
            {
                return true;
            }

            if (_waiting.TryGetValue(host, out var others) && others.Count >= waitingMax)
            {
                return false;
            }

            place = Wait(host);
        }

        await using (cancellationToken.UnsafeRegister(_ => GiveUp(place, cancellationToken), null))
        {
            await place.Value.Task;
            return true;
        }
    }

    /// <summary>The turn is over: it goes to the first of the next host.</summary>
    public void Leave()
    {
        TaskCompletionSource? next = null;
        lock (_lock)
        {
            while (next is null && _order.TryDequeue(out var host))
            {
                var places = _waiting[host];
                if (places.First is { } first)
                {
                    next = first.Value;
                    places.Remove(first);
                }

                if (places.Count > 0)
                {
                    _order.Enqueue(host);
                }
                else
                {
                    _waiting.Remove(host);
                }
            }

            if (next is null)
            {
                _free++;
            }
        }

        next?.SetResult();
    }

    private bool TryTake()
    {
        if (_free == 0)
        {
            return false;
        }

        _free--;
        return true;
    }

    private LinkedListNode<TaskCompletionSource> Wait(string host)
    {
        ref var places = ref CollectionsMarshal.GetValueRefOrAddDefault(_waiting, host, out _);
        if (places is null)
        {
            places = new();
            _order.Enqueue(host);
        }

        // Not to go on with the thread of who leaves, which has something else to do.
        return places.AddLast(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
    }

    private void GiveUp(LinkedListNode<TaskCompletionSource> place, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (place.List is not { } places)
            {
                // It is its turn already.
                return;
            }

            places.Remove(place);
        }

        place.Value.SetCanceled(cancellationToken);
    }
}
