using System.Collections.Immutable;
using Krewe.Contracts.Usage;
using Krewe.Grains.Outbound;

namespace Krewe.Grains.Usage;

/// <summary>Hook calls of this process that are not reported yet, by host, hook and kind of outcome.</summary>
internal sealed class HookUsage
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Dictionary<(string Hook, HookAnswer Kind), long>> _hosts = new(StringComparer.Ordinal);

    public ImmutableArray<string> Hosts
    {
        get
        {
            lock (_gate)
            {
                return [.. _hosts.Keys];
            }
        }
    }

    public void Note(HookEndpoint endpoint, HookResponse response)
    {
        lock (_gate)
        {
            if (!_hosts.TryGetValue(endpoint.Host, out var calls))
            {
                _hosts.Add(endpoint.Host, calls = []);
            }

            var call = (endpoint.Hook, response.Kind);
            calls[call] = calls.GetValueOrDefault(call) + 1;
        }
    }

    /// <summary>What was counted of a host, which is counted from zero from here on; null for nothing.</summary>
    public (ImmutableArray<UsageAmount> Amounts, long SessionsPeak)? Take(string host)
    {
        lock (_gate)
        {
            return _hosts.Remove(host, out var calls)
                ? ([.. calls.Select(static call => new UsageAmount($"{UsageCounters.HookCalls}{call.Key.Hook}.{NameOf(call.Key.Kind)}", call.Value))], 0)
                : null;
        }
    }

    private static string NameOf(HookAnswer kind) => kind switch
    {
        HookAnswer.Answered => "answered",
        HookAnswer.OtherStatus => "status",
        HookAnswer.Failed => "failed",
        _ => "not_called",
    };
}
