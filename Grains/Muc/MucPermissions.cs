using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;

namespace Krewe.Grains.Muc;

/// <summary>Who may do what in a room (XEP-0045 §5.1.1, §5.2.1, §8 to §10), as pure functions. Null is yes.</summary>
internal static class MucPermissions
{
    /// <summary>The role that an affiliation begins with (XEP-0045 §5.1.2).</summary>
    public static MucRole InitialRole(MucAffiliation affiliation, bool isModerated) => affiliation switch
    {
        MucAffiliation.Owner or MucAffiliation.Admin => MucRole.Moderator,
        MucAffiliation.Member => MucRole.Participant,
        MucAffiliation.None => isModerated ? MucRole.Visitor : MucRole.Participant,
        _ => MucRole.None,
    };

    /// <summary>The role of somebody present whose affiliation changes: what it carries with it, else as before (XEP-0045 §9).</summary>
    public static MucRole RoleAfter(MucRole role, MucAffiliation before, MucAffiliation after, bool isModerated)
    {
        if (after >= MucAffiliation.Admin || before >= MucAffiliation.Admin || after == MucAffiliation.Outcast)
        {
            return InitialRole(after, isModerated);
        }

        return after == MucAffiliation.Member && role == MucRole.Visitor ? MucRole.Participant : role;
    }

    /// <summary>XEP-0045 §8.2 to §8.6: a role of somebody present.</summary>
    public static StanzaError? MayChangeRole(
        MucAffiliation actor, MucRole actorRole, MucAffiliation target, MucRole targetRole, MucRole wanted)
    {
        if (actorRole != MucRole.Moderator)
        {
            return StanzaError.Forbidden;
        }

        if (wanted == MucRole.Moderator && actor < MucAffiliation.Admin)
        {
            return StanzaError.Forbidden;
        }

        if (wanted >= targetRole)
        {
            return null;
        }

        // Nobody acts against a higher standing, nor an admin or owner against their like; what an affiliation carries is not revoked by role (§8.4, §9.7).
        if (target > actor || (target >= MucAffiliation.Admin && (wanted != MucRole.None || target >= actor)))
        {
            return StanzaError.NotAllowed;
        }

        // §9.7: to take a moderator down is an admin's right, though any moderator may kick another of no higher standing (§8.2). §8.4: voice is not revoked from
        // those at the same level; users without affiliation have none.
        var isTakenDown = wanted != MucRole.None && actor < MucAffiliation.Admin && (targetRole == MucRole.Moderator || (target >= MucAffiliation.Member && target == actor));
        return isTakenDown ? StanzaError.NotAllowed : null;
    }

    /// <summary>XEP-0045 §9, §10.3 to §10.8: an affiliation.</summary>
    public static StanzaError? MayChangeAffiliation(
        MucAffiliation actor, bool isSelf, MucAffiliation target, MucAffiliation wanted, bool hasOtherOwner)
    {
        if (actor < MucAffiliation.Admin)
        {
            return StanzaError.Forbidden;
        }

        if (isSelf && wanted == MucAffiliation.Outcast)
        {
            return StanzaError.Conflict;
        }

        if (target == MucAffiliation.Owner && wanted != MucAffiliation.Owner && !hasOtherOwner)
        {
            // §10.5: a room keeps an owner.
            return actor == MucAffiliation.Owner ? StanzaError.Conflict : StanzaError.NotAllowed;
        }

        if (actor == MucAffiliation.Owner)
        {
            return null;
        }

        // An admin may step down, but touch no other admin and no owner (§9.1), and make none (§10.3, §10.6).
        if (wanted >= MucAffiliation.Admin && wanted != target)
        {
            return StanzaError.Forbidden;
        }

        return target >= MucAffiliation.Admin && !isSelf && wanted != target ? StanzaError.NotAllowed : null;
    }

    /// <summary>Who may read the list of an affiliation (XEP-0045 §9.2, §9.5, §9.8, §10.5, §10.8).</summary>
    public static StanzaError? MayListAffiliation(MucAffiliation asker, MucAffiliation listed, MucRoomConfig config)
    {
        if (asker >= MucAffiliation.Admin)
        {
            return null;
        }

        // §9.5: members of a members-only room may know who else is one, as far as the room says so.
        var isOpen = config.MembersSeeLists || (config.IsMembersOnly && config.IsNonAnonymous && listed == MucAffiliation.Member);
        return isOpen && asker == MucAffiliation.Member && listed != MucAffiliation.Outcast ? null : StanzaError.Forbidden;
    }

    /// <summary>XEP-0045 §8.1.</summary>
    public static bool MayChangeSubject(MucRole role, MucRoomConfig config) =>
        role == MucRole.Moderator || (config.MayChangeSubject && role == MucRole.Participant);

    /// <summary>XEP-0045 §7.5, with <c>muc#roomconfig_allowpm</c>; one may always write to a moderator, and a moderator to everybody, unless nobody may at all.</summary>
    public static bool MaySendPrivate(MucRole sender, MucRole recipient, MucPrivateMessages setting) => setting switch
    {
        MucPrivateMessages.Anyone => true,
        MucPrivateMessages.Participants => sender >= MucRole.Participant || recipient == MucRole.Moderator,
        MucPrivateMessages.Moderators => sender == MucRole.Moderator,
        _ => false,
    };
}
