using System.Collections.Immutable;
using Krewe.Contracts.Outbound;

namespace Krewe.Grains.Outbound;

/// <summary>The last calls of each hook of each host, in memory and bounded: of a host over its hooks, of all over their number.</summary>
internal sealed class HookCallLog(TimeProvider time)
{
    /// <summary>Calls that are remembered of one hook.</summary>
    public const int CallsMax = 50;

    /// <summary>Hooks that are remembered of one host.</summary>
    public const int HooksOfHostMax = 64;

    /// <summary>Hooks that are remembered in all: some ten megabytes.</summary>
    private const int HooksMax = 4096;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Dictionary<(string Hook, string Part), HookTally>> _hosts = new(StringComparer.Ordinal);
    private int _count;

    public void Note(HookEndpoint endpoint, HookResponse response)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            if (!_hosts.TryGetValue(endpoint.Host, out var hooks))
            {
                _hosts.Add(endpoint.Host, hooks = []);
            }

            if (!hooks.TryGetValue((endpoint.Hook, endpoint.Part), out var tally))
            {
                MakeRoom(hooks);
                hooks.Add((endpoint.Hook, endpoint.Part), tally = new HookTally());
                _count++;
            }

            tally.Note(response, now);
        }
    }

    /// <param name="isResting">Whether the breaker of a hook and its part is open.</param>
    public ImmutableArray<HookLog> Of(string host, Func<string, string, bool> isResting)
    {
        lock (_gate)
        {
            return !_hosts.TryGetValue(host, out var hooks) ? [] :
            [
                .. hooks.OrderBy(hook => hook.Key.Hook, StringComparer.Ordinal).ThenBy(hook => hook.Key.Part, StringComparer.Ordinal)
                    .Select(hook => hook.Value.Show(hook.Key.Hook, hook.Key.Part, isResting(hook.Key.Hook, hook.Key.Part))),
            ];
        }
    }

    private void MakeRoom(Dictionary<(string Hook, string Part), HookTally> ofHost)
    {
        if (ofHost.Count >= HooksOfHostMax)
        {
            ofHost.Remove(ofHost.MinBy(static hook => hook.Value.LastAt).Key);
            _count--;
        }

        if (_count < HooksMax)
        {
            return;
        }

        // The hosts that were silent longest; at least a quarter, so that this is seldom done.
        foreach (var (host, hooks) in _hosts.Where(host => host.Value != ofHost).OrderBy(static host => host.Value.Values.Max(static hook => hook.LastAt)).ToArray())
        {
            _hosts.Remove(host);
            _count -= hooks.Count;
            if (_count <= HooksMax - (HooksMax / 4))
            {
                return;
            }
        }
    }
}
