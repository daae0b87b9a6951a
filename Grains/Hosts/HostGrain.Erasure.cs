using System.Collections.Immutable;
using Krewe.Contracts.Hosts;
using Krewe.Grains.Storage;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Hosts;

/// <summary>What keeps a host closed though its document says otherwise: its data is being erased, or the document is none by the rules of this version.</summary>
internal sealed partial class HostGrain
{
    private string? _faulty;

    public Task<HostDocument?> BeginErasureAsync() => SetErasingAsync(isErasing: true);

    public async Task<HostChange> BeginRemovalAsync(long? ifMatch) =>
        Refusal(Present, ifMatch)
            ?? (await BeginErasureAsync() is { } closed ? new HostChange(HostChangeOutcome.Replaced, closed, []) : new HostChange(HostChangeOutcome.NotFound, null, []));

    public Task<HostDocument?> EndErasureAsync() => SetErasingAsync(isErasing: false);

    /// <summary>On disk before anybody acts on it: whoever is killed in the middle of an erasure leaves the host closed.</summary>
    private async Task<HostDocument?> SetErasingAsync(bool isErasing)
    {
        if (Present.Json is null)
        {
            return null;
        }

        var version = NextVersion();
        await state.ChangeAsync(host => host with { Version = version, IsErasing = isErasing, ErasedAt = isErasing ? time.GetUtcNow() : host.ErasedAt });
        _version = version;
        await ShowAsync();
        return Present;
    }

    /// <summary>The prepared domains of the components that the stored document names; tells, once for each document, when that is none any more.</summary>
    private ImmutableHashSet<string> StoredComponents()
    {
        if (state.State.Json is not { } json)
        {
            return [];
        }

        var reading = HostDocumentReader.Read(Domain, 0, json);
        if (reading.Settings is null && json != _faulty)
        {
            _faulty = json;
            FaultLog.NotOfThisVersion(logger, Domain, DocumentProblem.Describe(reading.Problems));
        }

        return reading.Settings?.Components.Keys.ToImmutableHashSet() ?? [];
    }

    private static partial class FaultLog
    {
        [LoggerMessage(4012, LogLevel.Error, "The stored document of host {Host} is none by the rules of this version, and the host is disabled until it is replaced: {Problems}")]
        public static partial void NotOfThisVersion(ILogger logger, string host, string problems);
    }
}
