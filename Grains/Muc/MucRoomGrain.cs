using System.Collections.Immutable;
using Krewe.Contracts.Accounts;
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
/// One room (XEP-0045): what it is, here; its beginning and its end in <c>.Life.cs</c>; entering in <c>.Entry.cs</c>, presence and leaving in <c>.Presence.cs</c>,
/// messages and IQs in <c>.Messages.cs</c> and <c>.Iqs.cs</c>, moderators' and owners' work in <c>.Administration.cs</c> and <c>.Configuration.cs</c>, members' in
/// <c>.Membership.cs</c>, the tenant's decisions in <c>.Decisions.cs</c>, the API in <c>.Management.cs</c>.
/// </summary>
/// <remarks>
/// Calls that decide at once interleave, so that nobody in the room waits for a disk or a slow frontend; calls that change what is stored run one at a time and
/// announce a change once it is on disk. While one of these waits for the disk, everybody may leave: the room does not end before it is done.
/// </remarks>
internal sealed partial class MucRoomGrain(
    [PersistentState(StateNames.Room, StorageNames.Rooms)] IPersistentState<MucRoomState> state,
    IHostSettingsSource hosts, FrontendLanes lanes, TimeProvider time, ILogger<MucRoomGrain> logger) : Grain, IMucRoomGrain
{
    /// <summary>Affiliations that one room may have.</summary>
    private const int AffiliationsMax = 10_000;

    private readonly MucOccupants _occupants = new();
    private readonly MucHistory _history = new();
    private readonly MucReservations _reserved = new();
    private MucAudience _audience = null!;
    private MucRoomState _room = new();
    private Jid _self = null!;
    private ReadOnlyMemory<byte> _occupantIdKey;
    private bool _exists;
    private bool _isLocked;
    private bool _isSaving;
    private bool _isDeserted;

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

    private MucRoomListing Listing => ListingOf(Config, _isLocked);

    /// <summary>A locked room is not on disk yet.</summary>
    private MucRoomListing ListingOf(MucRoomConfig config, bool isLocked) => new(_self.Bare, config.Name, config.IsPublic && !isLocked, config.IsPersistent && !isLocked);

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

    /// <summary>Nothing is kept for whoever has no name (RFC 4505): what they make ends with them, and what they claim is nobody's tomorrow.</summary>
    private bool IsAnonymous(Jid user) =>
        hosts.TryFindLoaded(user.Domainpart, out var found) && found.Component is null && AnonymousUsers.Include(found.Host, user);

    private bool IsServiceAdmin(Jid user) => TryGetService(out var host, out _) && host.Admins.Contains(user.Bare);

    /// <summary>What a user is in the room: the host's admins own every room; the tenant's service goes before what the room has stored.</summary>
    private MucAffiliation AffiliationOf(Jid user) =>
        IsServiceAdmin(user) ? MucAffiliation.Owner
        : _authorized.TryGetValue(user.Bare, out var authorized) && authorized.Affiliation is { } given ? given
        : _room.AffiliationOf(user.Bare);

    /// <summary>Changes what the room is: on disk, where the room is, when this returns.</summary>
    /// <param name="unlocks">From then on a new room is open to others (XEP-0045 §10.1).</param>
    private async Task SaveAsync(Func<MucRoomState, MucRoomState> change, bool unlocks = false)
    {
        var after = change(_room);
        var isLocked = _isLocked && !unlocks;
        if (ReferenceEquals(after, _room) && isLocked == _isLocked)
        {
            return;
        }

        var isListed = after.Config != Config || isLocked != _isLocked;
        (_isSaving, _isDeserted) = (true, false);
        try
        {
            if (after.Config.IsPersistent && !isLocked)
            {
                await state.ChangeAsync(_ => after);
            }
            else if (state.RecordExists)
            {
                await state.RemoveAsync();
            }

            (_room, _isLocked) = (after, isLocked);
        }
        finally
        {
            _isSaving = false;
            if (_isDeserted)
            {
                EndWhenEmpty();
            }
        }

        if (isListed && _exists)
        {
            _history.Trim(Config.HistoryLength);
            _ = GrainFactory.MucService(_self.Domainpart).ListedAsync(Listing);
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
