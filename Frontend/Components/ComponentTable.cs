using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Krewe.Contracts.Components;

namespace Krewe.Frontend.Components;

/// <summary>The components' connections in this process that stanzas may go to, by the component's domain. Readers take no lock.</summary>
internal sealed class ComponentTable(TimeProvider time)
{
    private static readonly TimeSpan ExpectedFor = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<string, long> _lostAt = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ComponentStream[]> _streams = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private long _sweptAt = time.GetTimestamp();

    public int Count => _streams.Sum(static entry => entry.Value.Length);

    public bool IsConnected(string domain)
    {
        foreach (var stream in Find(domain))
        {
            if (stream.IsOpen)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The connection that serves a user: the same one as long as it lasts (specs C-022).</summary>
    /// <param name="domain">The component's.</param>
    /// <param name="userBare">The user's bare JID.</param>
    public bool TryPick(string domain, string userBare, [NotNullWhen(true)] out ComponentStream? stream)
    {
        var streams = Find(domain);
        if (streams.Length == 1)
        {
            stream = streams[0].IsOpen ? streams[0] : null;
            return stream is not null;
        }

        stream = null;
        var best = 0UL;
        var user = streams.Length == 0 ? 0 : ComponentStickiness.OfUser(userBare);
        foreach (var candidate in streams)
        {
            var weight = ComponentStickiness.Weight(user, candidate.Stickiness);
            if ((stream is null || weight > best) && candidate.IsOpen)
            {
                (stream, best) = (candidate, weight);
            }
        }

        return stream is not null;
    }

    /// <summary>All connections of a component.</summary>
    public IReadOnlyList<ComponentStream> Of(string domain) => Find(domain);

    public void Add(ComponentStream stream)
    {
        lock (_gate)
        {
            _streams[stream.Domain] = [.. Find(stream.Domain), stream];
        }
    }

    /// <summary>One that is not there is no error.</summary>
    public void Remove(ComponentStream stream)
    {
        lock (_gate)
        {
            ComponentStream[] left = [.. Find(stream.Domain).Where(other => other != stream)];
            if (left.Length > 0)
            {
                _streams[stream.Domain] = left;
            }
            else if (_streams.TryRemove(stream.Domain, out _))
            {
                _lostAt[stream.Domain] = time.GetTimestamp();
                ForgetLost();
            }
        }
    }

    /// <summary>Whether a connection was lost a short while ago, so that it can be expected to come back.</summary>
    public bool WasConnected(string domain) => _lostAt.TryGetValue(domain, out var lostAt) && time.GetElapsedTime(lostAt) < ExpectedFor;

    /// <summary>Those who did not come back, now and then.</summary>
    private void ForgetLost()
    {
        if (time.GetElapsedTime(_sweptAt) < ExpectedFor)
        {
            return;
        }

        _sweptAt = time.GetTimestamp();
        foreach (var (domain, _) in _lostAt)
        {
            if (!WasConnected(domain))
            {
                _lostAt.TryRemove(domain, out _);
            }
        }
    }

    private ComponentStream[] Find(string domain) => _streams.TryGetValue(domain, out var streams) ? streams : [];
}
