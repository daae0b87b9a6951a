using System.Collections.Immutable;
using Krewe.Contracts.Accounts;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Contents;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;
using Krewe.Contracts.Storage;
using Krewe.Grains.Accounts;
using Krewe.Grains.Muc;
using Krewe.Grains.Rosters;
using Krewe.Grains.Sessions;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;

namespace Krewe.Grains.Contents;

/// <summary>Reads states beside the grains that they are of: an export of a hundred thousand users would have all of them in memory. It keeps nothing itself.</summary>
internal sealed class HostContentGrain(IGrainKeyIndex index, IServiceProvider services) : Grain, IHostContentGrain
{
    /// <summary>States of one page.</summary>
    private const int StatesMax = 100;

    /// <summary>A page ends behind the state with which it has as many bytes of what can be large.</summary>
    private const int BytesMax = 512 * 1024;

    /// <summary>About what an item of a roster, or an affiliation, takes up.</summary>
    private const int ItemBytes = 100;

    public async Task<ImmutableArray<string>> KeysAsync(StoredKind kind, string? after)
    {
        var (storage, state) = PlaceOf(kind);
        return await index.ListAsync(storage, state, this.GetPrimaryKeyString(), after, IGrainKeyIndex.KeysMax);
    }

    public async Task<bool> HasAsync(StoredKind kind, Jid jid) => kind switch
    {
        StoredKind.Account => await ReadAsync<AccountState>(kind, GrainFactory.Account(jid)) is not null,
        StoredKind.Roster => await ReadAsync<RosterState>(kind, GrainFactory.Roster(jid)) is not null,
        StoredKind.Mailbox => await ReadAsync<OfflineState>(kind, GrainFactory.OfflineMessages(jid)) is not null,
        StoredKind.Room => await ReadAsync<MucRoomState>(kind, GrainFactory.MucRoom(jid)) is not null,
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    public Task<ImmutableArray<StoredAccount>> AccountsAsync(string? after) => PageAsync<AccountState, StoredAccount>(
        StoredKind.Account,
        after,
        jid => GrainFactory.Account(jid),
        static (jid, state) => new StoredAccount(jid, new AccountCredentials(true, state.IsEnabled, state.Scram, state.MayHaveMail)),
        static _ => 0);

    public Task<ImmutableArray<StoredRoster>> RostersAsync(string? after) => PageAsync<RosterState, StoredRoster>(
        StoredKind.Roster,
        after,
        jid => GrainFactory.Roster(jid),
        static (jid, state) => new StoredRoster(
            jid, state.Roster(), state.FetchedAtTime(), [.. state.Pending.Select(request => request.Stanza()).OfType<StanzaFrame>()]),
        static stored => (stored.Roster.Items.Length * ItemBytes) + stored.Requests.Sum(request => request.Xml.Length));

    public Task<ImmutableArray<StoredMailbox>> MailboxesAsync(string? after) => PageAsync<OfflineState, StoredMailbox>(
        StoredKind.Mailbox,
        after,
        jid => GrainFactory.OfflineMessages(jid),
        static (jid, state) => new StoredMailbox(jid, state.Messages),
        static stored => stored.Messages.Sum(message => message.Message.Xml.Length));

    public Task<ImmutableArray<StoredRoom>> RoomsAsync(string? after) => PageAsync<MucRoomState, StoredRoom>(
        StoredKind.Room,
        after,
        jid => GrainFactory.MucRoom(jid),
        static (jid, state) => new StoredRoom(jid, DocumentOf(state)),
        static stored => stored.Document.Affiliations.Length * ItemBytes);

    private static MucRoomDocument DocumentOf(MucRoomState room) => new(
        room.Config,
        room.Subject is { Text.Length: > 0 } subject ? subject.Text : null,
        [
            .. room.Affiliations.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry =>
                new MucListItem(Jid.Parse(entry.Key), entry.Value.Nickname, entry.Value.Affiliation, null, entry.Value.Reason)),
        ]);

    private async Task<ImmutableArray<TStored>> PageAsync<TState, TStored>(
        StoredKind kind, string? after, Func<Jid, IAddressable> grain, Func<Jid, TState, TStored> show, Func<TStored, int> size)
        where TState : class
    {
        var (storageName, stateName) = PlaceOf(kind);
        var page = ImmutableArray.CreateBuilder<TStored>();
        var bytes = 0;
        while (page.Count == 0 && await index.ListAsync(storageName, stateName, this.GetPrimaryKeyString(), after, StatesMax) is { IsEmpty: false } keys)
        {
            foreach (var key in keys)
            {
                // One that was removed since it was listed is no part of the page.
                var jid = Jid.Parse(key);
                if (await ReadAsync<TState>(kind, grain(jid)) is { } stored)
                {
                    page.Add(show(jid, stored));
                    bytes += size(page[^1]);
                }

                if (bytes >= BytesMax)
                {
                    break;
                }
            }

            after = keys[^1];
        }

        return page.DrainToImmutable();
    }

    private async Task<TState?> ReadAsync<TState>(StoredKind kind, IAddressable grain)
        where TState : class
    {
        var (storage, stateName) = PlaceOf(kind);
        var state = new GrainState<TState>();
        await services.GetRequiredKeyedService<IGrainStorage>(storage).ReadStateAsync(stateName, grain.GetGrainId(), state);
        return state.RecordExists ? state.State : null;
    }

    private static (string Storage, string State) PlaceOf(StoredKind kind) => kind switch
    {
        StoredKind.Account => (StorageNames.Accounts, StateNames.Account),
        StoredKind.Roster => (StorageNames.Rosters, StateNames.Roster),
        StoredKind.Mailbox => (StorageNames.Offline, StateNames.Offline),
        StoredKind.Room => (StorageNames.Rooms, StateNames.Room),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
