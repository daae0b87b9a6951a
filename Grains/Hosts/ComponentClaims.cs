using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Hosts;

/// <summary>What a host's change does to the claims of component domains: it claims before it writes, and gives back after it.</summary>
internal sealed partial class ComponentClaims(IGrainFactory grains, ILogger logger, string host)
{
    private const ConfigureAwaitOptions InTurn = ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext;

    /// <summary>The prepared domains of the components that a stored document names.</summary>
    public ImmutableHashSet<string> NamedIn(string? json) =>
        json is null ? [] : HostDocumentReader.Read(host, 0, json).Settings?.Components.Keys.ToImmutableHashSet() ?? [];

    /// <summary>Claims the domains; those that are somebody's. What of the others was claimed is the caller's to give back.</summary>
    public async Task<ImmutableArray<string>> ClaimAsync(ImmutableHashSet<string> domains)
    {
        var claims = await Task.WhenAll(domains.Select(async domain => (Domain: domain, IsGranted: await grains.Domain(domain).ClaimAsync(host))));
        return [.. claims.Where(claim => !claim.IsGranted).Select(claim => claim.Domain)];
    }

    /// <summary>Gives domains back. One that cannot be given back now binds nobody: whoever claims it next finds that the host has not got it.</summary>
    public async Task ReleaseAsync(IEnumerable<string> domains)
    {
        var releases = Task.WhenAll(domains.Select(domain => grains.Domain(domain).ReleaseAsync(host)));
        await releases.ConfigureAwait(InTurn);
        if (!releases.IsCompletedSuccessfully)
        {
            Log.NotReleased(logger, host, releases.Exception?.InnerException);
        }
    }

    /// <summary>The domains of a file's components that are hosts from the API, which keep them.</summary>
    public async Task<ImmutableArray<string>> HostsAmongAsync(IEnumerable<string> domains)
    {
        var documents = await Task.WhenAll(domains.Select(domain => grains.Host(domain).GetAsync()));
        return [.. documents.Where(document => document.Json is not null).Select(document => document.Domain)];
    }

    private static partial class Log
    {
        [LoggerMessage(4010, LogLevel.Warning, "Host {Host} did not give back all domains of its former components")]
        public static partial void NotReleased(ILogger logger, string host, Exception? exception);
    }
}
