namespace Krewe.Contracts.Hosting;

/// <summary>
/// Leave to go on, for so many at once, and for the others in turn by host: whoever waits behind a host with a thousand waiters waits for one of them. A turn ends after some work that waits for
/// nothing itself, so nobody waits for longer than what is queued takes. May be used by any thread.
/// </summary>
public sealed class HostTurns(int atOnce)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Queue<TaskCompletionSource>> _waiting = new(StringComparer.Ordinal);

    /// <summary>Hosts with something in <see cref="_waiting"/>, the next one first.</summary>
    private readonly Queue<string> _order = new();

    private int _free = atOnce;

    /// <summary>Null for who may begin at once; done when it is the host's turn. In either case <see cref="Leave"/> must follow.</summary>
    public Task? Enter(string host)
    {
        lock (_lock)
        {
            if (_free > 0)
            {
                _free--;
                return null;
            }

            if (!_waiting.TryGetValue(host, out var queue))
            {
                _waiting[host] = queue = new();
                _order.Enqueue(host);
            }

            // Not on the thread of who leaves, which has something else to do.
            var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            queue.Enqueue(turn);
            return turn.Task;
        }
    }

    /// <summary>The turn is over: it goes to the first of the next host.</summary>
    public void Leave()
    {
        TaskCompletionSource next;
        lock (_lock)
        {
            if (!_order.TryDequeue(out var host))
            {
                _free++;
                return;
            }

            var queue = _waiting[host];
            next = queue.Dequeue();
            if (queue.Count > 0)
            {
                _order.Enqueue(host);
            }
            else
            {
                _waiting.Remove(host);
            }
        }

        next.SetResult();
    }
}
