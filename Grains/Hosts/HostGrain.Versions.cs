using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;

namespace Krewe.Grains.Hosts;

/// <summary>The versions of the document: the present one is here, those before it are the history's.</summary>
internal sealed partial class HostGrain
{
    private const string Enabled = "enabled";

    /// <summary>As versions name who wrote a file.</summary>
    private const string FileAuthor = "file";

    private IHostHistoryGrain History => GrainFactory.HostHistory(Domain);

    /// <summary>The version of what is stored, as which it is shown while it is in force.</summary>
    private HostVersion Stored =>
        (state.State.Change ?? new HostVersion(0, DateTimeOffset.FromUnixTimeMilliseconds(state.State.Version), null, HostVersionOutcome.Replaced)) with
        {
            Version = state.State.Version,
        };

    private HostVersion PresentVersion => Present.Source == HostSource.File
        ? new HostVersion(Present.Version, DateTimeOffset.FromUnixTimeMilliseconds(Present.Version), FileAuthor, HostVersionOutcome.Read)
        : Stored;

    public async Task<ImmutableArray<HostVersion>> VersionsAsync()
    {
        if (Present.Json is null)
        {
            return [];
        }

        // What was written before the present document is told only of a host from the API: a file has its own history, where it is kept.
        var earlier = Present.Source == HostSource.File ? [] : await History.ListAsync(state.State.Life);
        return [PresentVersion, .. earlier.Where(version => version.Version < state.State.Version)];
    }

    public async Task<HostVersionDocument?> VersionAsync(long version) =>
        Present.Json is null ? null
        : version == Present.Version ? new HostVersionDocument(PresentVersion, Present.Json)
        : Present.Source == HostSource.File || version >= state.State.Version ? null
        : await History.FindAsync(state.State.Life, version);

    public async Task<HostChange> RestoreAsync(long version, long? ifMatch, bool isProvider, string? author)
    {
        var present = Present;
        if (Refusal(present, ifMatch) is { } refusal)
        {
            return refusal;
        }

        return present.Json is null ? new HostChange(HostChangeOutcome.NotFound, null, [])
            : await VersionAsync(version) is not { } found ? new HostChange(HostChangeOutcome.NoSuchVersion, null, [])
            : await ChangeAsync(found.Json, present, isProvider, Next(author, HostVersionOutcome.Restored) with { Restored = version });
    }

    public async Task<HostChange> SetEnabledAsync(bool isEnabled, long? ifMatch, string? author)
    {
        var present = Present;
        if (Refusal(present, ifMatch) is { } refusal)
        {
            return refusal;
        }

        if (present.Json is null)
        {
            return new HostChange(HostChangeOutcome.NotFound, null, []);
        }

        var document = JsonNode.Parse(present.Json)!.AsObject();
        if (((bool?)document[Enabled] ?? true) == isEnabled)
        {
            return new HostChange(HostChangeOutcome.Replaced, present, []);
        }

        document[Enabled] = isEnabled;
        return await ChangeAsync(
            document.ToJsonString(), present, isProvider: true, Next(author, isEnabled ? HostVersionOutcome.Resumed : HostVersionOutcome.Suspended));
    }

    /// <summary>
    /// Keeps what is stored before it is replaced. A crash after this leaves the present version in the history as well, where it is not told twice; the other way
    /// round it would be lost.
    /// </summary>
    private Task KeepStoredAsync() =>
        state.State.Json is { } json ? History.KeepAsync(state.State.Life, new HostVersionDocument(Stored, json)) : Task.CompletedTask;

    private HostVersion Next(string? author, HostVersionOutcome outcome) => new(NextVersion(), time.GetUtcNow(), author, outcome);
}
