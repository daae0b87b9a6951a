namespace Krewe.Grains.Outbound;

/// <summary>
/// How many calls may be under way to one destination (scheme, name and port), whatever hosts they are for: a server that is slow must not hold all of our sockets, and the
/// URLs of many tenants must not add up to a flood of somebody else's. Some of the places are kept for hosts that have few, and who waits is served host by host, so that
/// one tenant's calls never keep out another's.
/// </summary>
internal sealed class HookDestinations
{
    /// <summary>Calls under way to one destination. At 50 ms a call these are ten thousand a second, more than one process makes of its work.</summary>
    public const int CallsMax = 512;

    /// <summary>What a host can have whatever the others do, and beyond which it leaves the last places to them.</summary>
    public const int OfHostMax = CallsMax / 4;

    /// <summary>Calls that may wait for one destination; more are refused at once.</summary>
    public const int WaitingMax = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Scheme, string Name, int Port), Destination> _destinations = [];

    /// <summary>How many destinations are being called.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _destinations.Count;
            }
        }
    }

    /// <summary>A place, to be given back by <see cref="Leave"/>; false when too many wait for one.</summary>
    /// <param name="host">The virtual host whose call it is.</param>
    /// <exception cref="OperationCanceledException">There was none in time.</exception>
    public ValueTask<bool> EnterAsync(Uri url, string host, CancellationToken deadline)
    {
        Waiter waiter;
        lock (_gate)
        {
            var key = KeyOf(url);
            if (!_destinations.TryGetValue(key, out var destination))
            {
                _destinations.Add(key, destination = new Destination());
            }

            if (destination.TryTake(host))
            {
                return new(true);
            }

            if (destination.Waiting >= WaitingMax)
            {
                return new(false);
            }

            waiter = destination.Wait(host);
        }

        return new(WaitAsync(url, waiter, deadline));
    }

    public void Leave(Uri url, string host)
    {
        List<Waiter> next = [];
        lock (_gate)
        {
            var key = KeyOf(url);
            var destination = _destinations[key];
            destination.GiveBack(host);
            while (destination.TakeNext() is { } waiter)
            {
                next.Add(waiter);
            }

            if (destination.IsUnused)
            {
                _destinations.Remove(key);
            }
        }

        foreach (var waiter in next)
        {
            waiter.Done.SetResult(true);
        }
    }

    private async Task<bool> WaitAsync(Uri url, Waiter waiter, CancellationToken deadline)
    {
        try
        {
            return await waiter.Done.Task.WaitAsync(deadline);
        }
        catch (OperationCanceledException)
        {
            bool isServed;
            lock (_gate)
            {
                // It may have got its place in this very moment.
                isServed = !_destinations.TryGetValue(KeyOf(url), out var destination) || !destination.Forget(waiter);
            }

            if (isServed)
            {
                Leave(url, waiter.Host);
            }

            throw;
        }
    }

    private static (string Scheme, string Name, int Port) KeyOf(Uri url) => (url.Scheme, url.IdnHost, url.Port);

    private sealed record Waiter(string Host)
    {
        public TaskCompletionSource<bool> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Under the lock.</summary>
    private sealed class Destination
    {
        private readonly Dictionary<string, int> _ofHosts = new(StringComparer.Ordinal);
        private readonly Dictionary<string, LinkedList<Waiter>> _waiting = new(StringComparer.Ordinal);

        /// <summary>Hosts that wait, the one to be served next in front.</summary>
        private readonly LinkedList<string> _turns = new();

        private int _calls;

        public int Waiting { get; private set; }

        public bool IsUnused => _calls == 0 && Waiting == 0;

        public bool TryTake(string host)
        {
            var own = _ofHosts.GetValueOrDefault(host);
            if (_calls >= CallsMax || (own >= OfHostMax && _calls >= CallsMax - OfHostMax) || _waiting.ContainsKey(host))
            {
                return false;
            }

            Take(host, own);
            return true;
        }

        public Waiter Wait(string host)
        {
            if (!_waiting.TryGetValue(host, out var line))
            {
                _waiting.Add(host, line = new LinkedList<Waiter>());
                _turns.AddLast(host);
            }

            Waiting++;
            return line.AddLast(new Waiter(host)).Value;
        }

        /// <summary>Who is served next, with the place that was taken for it; null when nobody can be.</summary>
        public Waiter? TakeNext()
        {
            for (var turn = _turns.First; turn is not null; turn = turn.Next)
            {
                var host = turn.Value;
                var own = _ofHosts.GetValueOrDefault(host);
                if (_calls >= CallsMax || (own >= OfHostMax && _calls >= CallsMax - OfHostMax))
                {
                    continue;
                }

                var waiter = _waiting[host].First!.Value;
                _turns.Remove(turn);
                _turns.AddLast(turn);
                Forget(waiter);
                Take(host, own);
                return waiter;
            }

            return null;
        }

        public void GiveBack(string host)
        {
            _calls--;
            if (_ofHosts[host] == 1)
            {
                _ofHosts.Remove(host);
            }
            else
            {
                _ofHosts[host]--;
            }
        }

        /// <summary>False when it does not wait any more.</summary>
        public bool Forget(Waiter waiter)
        {
            if (!_waiting.TryGetValue(waiter.Host, out var line) || !line.Remove(waiter))
            {
                return false;
            }

            Waiting--;
            if (line.Count == 0)
            {
                _waiting.Remove(waiter.Host);
                _turns.Remove(waiter.Host);
            }

            return true;
        }

        private void Take(string host, int own)
        {
            _ofHosts[host] = own + 1;
            _calls++;
        }
    }
}
