using System.Collections.Immutable;
using System.Net;
using Krewe.Contracts.Outbound;
using Krewe.Grains.Usage;

namespace Krewe.Grains.Outbound;

internal sealed class HooksGrain(OutboundHttp http, EgressPolicy egress, HookUsageService usage) : Grain, IHooksGrain
{
    private static readonly IPAddress[] Loopback = [IPAddress.Loopback, IPAddress.IPv6Loopback];

    public Task<ImmutableArray<HookLog>> LogAsync() => Task.FromResult(http.Log(this.GetPrimaryKeyString()));

    public Task ReportUsageAsync() => usage.ReportAsync(this.GetPrimaryKeyString());

    public Task<ImmutableArray<string>> RefusedAsync(ImmutableArray<string> urls) =>
        Task.FromResult<ImmutableArray<string>>([.. urls.Where(text => Uri.TryCreate(text, UriKind.Absolute, out var url) && IsRefused(url))]);

    private bool IsRefused(Uri url)
    {
        // RFC 6761 §6.3: these names are loopback's, whoever is asked.
        var isLocal = url.IdnHost == "localhost" || url.IdnHost.EndsWith(".localhost", StringComparison.Ordinal);
        IPAddress[] named = isLocal ? Loopback : IPAddress.TryParse(url.IdnHost.Trim('[', ']'), out var literal) ? [literal] : [];
        return named.Length > 0 && !Array.Exists(named, address => egress.Allows(address, url.Port));
    }
}
