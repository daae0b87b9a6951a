using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Stanzas;
using Orleans.Concurrency;

namespace Krewe.Contracts.Muc;

/// <summary>
/// One room (XEP-0045). Key: its bare JID. What occupants do is decided in one go, without awaiting anything but the acknowledgements of what it sent; what must
/// be on disk first runs one at a time. It never asks the tenant's service itself: whoever enters brings the decision.
/// </summary>
[Alias("muc-room")]
public interface IMucRoomGrain : IGrainWithStringKey
{
    /// <param name="decision">The service's decision for this user and nickname; null when it has not been asked.</param>
    [Alias("presence"), AlwaysInterleave]
    Task<MucPresenceResult> PresenceAsync(MucPresence presence, MucDecision? decision);

    /// <summary>Does nothing for a session that is not in the room.</summary>
    [Alias("leave"), AlwaysInterleave]
    Task LeaveAsync(MucLeave leave);

    /// <summary>What is wrong with it, null when it has its place in every occupant's stream.</summary>
    [Alias("message"), AlwaysInterleave]
    Task<StanzaError?> MessageAsync(MucMessage message);

    /// <summary>XEP-0045 §8.1. On disk, where the room is, before it is reflected.</summary>
    [Alias("subject")]
    Task<StanzaError?> SubjectAsync(MucMessage message, string subject);

    [Alias("iq"), AlwaysInterleave]
    Task<MucIqResult> IqAsync(MucIq iq);

    /// <summary>XEP-0045 §7.13: a visitor asks the moderators for voice.</summary>
    [Alias("request-voice"), AlwaysInterleave]
    Task<StanzaError?> RequestVoiceAsync(MucSession sender);

    /// <summary>XEP-0045 §7.8.2: whether an occupant may invite somebody.</summary>
    /// <param name="invitee">Becomes a member where an admin invites into a members-only room.</param>
    [Alias("invite")]
    Task<MucInvitationResult> InviteAsync(MucSession sender, Jid invitee);

    /// <summary>XEP-0045 §7.8.2: whether a user, bare or full, is in the room, so that somebody's decline may be passed on to it.</summary>
    [Alias("is-present"), AlwaysInterleave]
    Task<bool> IsPresentAsync(Jid user);

    /// <summary>XEP-0045 §8, §9, §10.3 to §10.8: all items or none.</summary>
    [Alias("administer")]
    Task<StanzaError?> AdministerAsync(MucSession sender, ImmutableArray<MucAdminItem> items);

    /// <summary>The list of one affiliation, or of one role.</summary>
    [Alias("list"), AlwaysInterleave]
    Task<MucListResult> ListAsync(Jid sender, MucAffiliation? affiliation, MucRole? role);

    /// <summary>XEP-0045 §10.2: what the configuration is, for an owner.</summary>
    [Alias("configuration"), AlwaysInterleave]
    Task<MucConfigResult> ConfigurationAsync(Jid sender);

    /// <summary>Changes the configuration; an empty change unlocks a new room as it is (an instant room, XEP-0045 §10.1.2).</summary>
    [Alias("configure")]
    Task<StanzaError?> ConfigureAsync(Jid sender, MucConfigChange change);

    /// <summary>An owner does not want to configure: a room that is still locked is destroyed, another stays as it is (XEP-0045 §10.1.3).</summary>
    [Alias("cancel-configuration")]
    Task<StanzaError?> CancelConfigurationAsync(Jid sender);

    /// <summary>XEP-0045 §10.9.</summary>
    [Alias("destroy")]
    Task<StanzaError?> DestroyAsync(Jid sender, MucDestroy destroy);

    /// <summary>How the user stands with the room.</summary>
    [Alias("registration"), AlwaysInterleave]
    Task<MucRegistration> RegistrationAsync(Jid sender);

    /// <summary>XEP-0045 §7.10: reserves a nickname and makes a member.</summary>
    [Alias("register")]
    Task<MucRegistration> RegisterAsync(Jid sender, string nickname, MucDecision? decision);

    [Alias("unregister")]
    Task<StanzaError?> UnregisterAsync(Jid sender);

    /// <summary>Null when there is no such room, or it is locked (XEP-0045 §10.1.1).</summary>
    [Alias("info"), AlwaysInterleave]
    Task<MucRoomInfo?> InfoAsync();

    /// <summary>Nicknames that disco#items shows to this user; null when there is no such room.</summary>
    [Alias("items"), AlwaysInterleave]
    Task<ImmutableArray<string>?> ItemsAsync(Jid sender);

    /// <summary>The user's sessions' nickname; null when the user is not in the room. For a question about somebody who is present.</summary>
    [Alias("nickname"), AlwaysInterleave]
    Task<string?> NicknameAsync(Jid user);

    /// <summary>
    /// A new decision about a user who is present: an explicit refusal removes every session of the user, an admission adjusts affiliation and role, a failure is asked again
    /// later. How many sessions were removed.
    /// </summary>
    [Alias("apply"), AlwaysInterleave]
    Task<int> ApplyAsync(Jid user, MucDecision decision);

    /// <summary>For the API: the occupants; null when there is no such room.</summary>
    [Alias("occupants"), AlwaysInterleave]
    Task<ImmutableArray<MucOccupantListing>?> OccupantsAsync();

    /// <summary>For the API: kicks by nickname; false when nobody has it.</summary>
    [Alias("kick"), AlwaysInterleave]
    Task<bool> KickAsync(string nickname, string? reason);

    [Alias("document"), AlwaysInterleave]
    Task<MucRoomDocument?> DocumentAsync();

    /// <summary>For the API: creates the room, without a lock, or replaces what it is.</summary>
    [Alias("put")]
    Task<MucPutOutcome> PutAsync(MucRoomDocument document);

    /// <summary>For the API: false when there is no such room.</summary>
    [Alias("delete")]
    Task<bool> DeleteAsync(MucDestroy destroy);

    /// <summary>
    /// Removes what the room keeps of a user who is erased: the affiliation with its reserved nickname, and in the room's memory what the user wrote. A subject of theirs stays, without saying whose
    /// it is. False when there was nothing.
    /// </summary>
    [Alias("forget")]
    Task<bool> ForgetAsync(Jid user);
}
