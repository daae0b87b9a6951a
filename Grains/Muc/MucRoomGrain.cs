using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Contracts.Storage;
using Krewe.Grains.Sessions;
using Krewe.Grains.Storage;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Muc;

/// <summary>
/// One room (XEP-0045): what it is, here; entering, leaving and presence in <c>.Presence.cs</c>, messages and IQs in <c>.Messages.cs</c>, moderators' and owners' work
/// in <c>.Administration.cs</c> and <c>.Configuration.cs</c>, the tenant's decisions in <c>.Decisions.cs</c>, the API in <c>.Management.cs</c>.
/// </summary>
/// <remarks>
/// Calls that decide at once interleave, so that nobody in the room waits for a disk or a slow frontend; calls that change what is stored run one at a time and
/// announce a change once it is on disk.
/// </remarks>
internal sealed partial class MucRoomGrain(
    [PersistentState(StateNames.Room, StorageNames.Rooms)] IPersistentState<MucRoomState> state,
    IHostSettingsSource hosts, FrontendLanes lanes, TimeProvider time, ILogger<MucRoomGrain> logger) : Grain, IMucRoomGrain
{
    /// <summary>Long enough that only the room's end lets the activation be collected.</summary>
    private static readonly TimeSpan WhileAlive = TimeSpan.FromDays(3650);

    /// <summary>Affiliations that one room may have.</summary>
    private const int AffiliationsMax = 10_000;

    private readonly MucOccupants _occupants = new();
    private readonly MucHistory _history = new();
    private MucAudience _audience = null!;
    private MucRoomState _room = new();
    private Jid _self = null!;
    private ReadOnlyMemory<byte> _occupantIdKey;
    private bool _exists;
    private bool _isLocked;
    private Task<StanzaError?>? _creation;
    private Task _removal = Task.CompletedTask;
    private ShortStay? _stay;

    private MucRoomConfig Config => _room.Config;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _self = Jid.Parse(this.GetPrimaryKeyString());
        _audience = new MucAudience(lanes, RemoveGone);
        await hosts.FindAsync(_self.Domainpart);
        _occupantIdKey = await GrainFactory.MucService(_self.Domainpart).OccupantIdKeyAsync();
        if (state.RecordExists)
        {
            (_room, _exists) = (state.State, true);
            _ = GrainFactory.MucService(_self.Domainpart).ListedAsync(Listing);
        }

        StayWhileNeeded();
    }

    private MucRoomListing Listing => new(_self.Bare, Config.Name, Config.IsPublic && !_isLocked, Config.IsPersistent);

    /// <summary>The room service's host and settings as they are now; false when there is none any more.</summary>
    private bool TryGetService(out HostSettings host, out MucServiceSettings service)
    {
        if (hosts.TryFindLoaded(_self.Domainpart, out var found) && found is { Host.Enabled: true, Component: MucServiceSettings settings })
        {
            (host, service) = (found.Host, settings);
            return true;
        }

        (host, service) = (null!, null!);
        return false;
    }

    private bool IsServiceAdmin(Jid user) => TryGetService(out var host, out _) && host.Admins.Contains(user.Bare);

    /// <summary>What a user is in the room: the host's admins own every room; the tenant's service goes before what the room has stored.</summary>
    private MucAffiliation AffiliationOf(Jid user) =>
        IsServiceAdmin(user) ? MucAffiliation.Owner
        : _authorized.TryGetValue(user.Bare, out var authorized) && authorized.Affiliation is { } given ? given
        : _room.AffiliationOf(user.Bare);

    /// <summary>A room with somebody in it, or one that lives in memory alone, stays; others go when they are idle.</summary>
    private void StayWhileNeeded()
    {
        if (_occupants.Count > 0 || (_exists && !Config.IsPersistent))
        {
            DelayDeactivation(WhileAlive);
            return;
        }

        DelayDeactivation(TimeSpan.Zero);
        if (!_exists)
        {
            (_stay ??= new(this, () => !_exists && _occupants.Count == 0)).Begin();
        }
    }

    /// <summary>
    /// Creates the room once, however many enter at once: counted in with its service, stored when it is persistent and not locked. Null when it is there.
    /// </summary>
    private Task<StanzaError?> CreateOnceAsync(Func<Task<StanzaError?>> create) => _creation is { IsCompleted: false } ? _creation : _creation = create();

    private async Task<StanzaError?> CreateAsync(MucRoomState room, bool isLocked, int roomsMax)
    {
        await _removal;
        var listing = new MucRoomListing(_self.Bare, room.Config.Name, room.Config.IsPublic && !isLocked, room.Config.IsPersistent);
        if (!await GrainFactory.MucService(_self.Domainpart).AddAsync(listing, roomsMax))
        {
            return StanzaError.ResourceConstraint;
        }

        if (room.Config.IsPersistent && !isLocked)
        {
            try
            {
                await state.ChangeAsync(_ => room);
            }
            catch
            {
                await GrainFactory.MucService(_self.Domainpart).RemovedAsync(_self.Bare);
                throw;
            }
        }

        (_room, _exists, _isLocked) = (room, true, isLocked);
        _history.Clear();
        return null;
    }

    /// <summary>Changes what the room is: on disk, where the room is, when this returns.</summary>
    private async Task SaveAsync(Func<MucRoomState, MucRoomState> change)
    {
        var after = change(_room);
        if (ReferenceEquals(after, _room))
        {
            return;
        }

        var isListed = after.Config != Config;
        if (after.Config.IsPersistent && !_isLocked)
        {
            await state.ChangeAsync(_ => after);
        }
        else if (state.RecordExists)
        {
            await state.RemoveAsync();
        }

        _room = after;
        if (isListed)
        {
            _history.Trim(Config.HistoryLength);
            _ = GrainFactory.MucService(_self.Domainpart).ListedAsync(Listing);
            StayWhileNeeded();
        }
    }

    /// <summary>The room is no more.</summary>
    private void Clear()
    {
        (_exists, _isLocked, _room) = (false, false, new MucRoomState());
        _history.Clear();
        _relayed.Clear();
        _removal = GrainFactory.MucService(_self.Domainpart).RemovedAsync(_self.Bare);
    }

    /// <summary>A temporary room that nobody is in any more is over (XEP-0045 §10).</summary>
    private void EndWhenEmpty()
    {
        if (_occupants.Count == 0)
        {
            if (_exists && (!Config.IsPersistent || _isLocked))
            {
                Clear();
            }

            StayWhileNeeded();
        }
    }

    private MucStanza RoomMessage(params ImmutableArray<ushort> statuses) => new()
    {
        Kind = StanzaKind.Message,
        Type = StanzaType.Groupchat,
        From = _self,
        User = new MucUserExtension { Statuses = statuses },
    };
}
