using Krewe.Contracts.Addressing;
using System.Collections.Immutable;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Storage;

namespace Krewe.Grains.Hosts;

/// <summary>The lists of hosts and accounts, read from the storage's keys and the folder of host documents; it keeps nothing itself.</summary>
internal sealed class HostDirectoryGrain(IGrainKeyIndex index, HostFiles files) : Grain, IHostDirectoryGrain
{
    public async Task<ImmutableArray<string>> HostsAsync(string? after, int limit)
    {
        limit = Math.Clamp(limit, 1, IHostDirectoryGrain.ItemsMax);
        var stored = await index.ListAsync(StorageNames.Settings, StateNames.Host, domain: null, after, limit);
        var fromFiles = files.Domains.Where(domain => after is null || OctetOrder.Comparer.Compare(domain, after) > 0).Take(limit);
        return [.. stored.Union(fromFiles, StringComparer.Ordinal).Order(OctetOrder.Comparer).Take(limit)];
    }

    public async Task<ImmutableArray<string>> AccountsAsync(string domain, string? after, int limit) =>
        await index.ListAsync(StorageNames.Accounts, StateNames.Account, domain, after, Math.Clamp(limit, 1, IHostDirectoryGrain.ItemsMax));
}
