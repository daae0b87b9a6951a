using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;

namespace Krewe.Grains.Muc;

/// <summary>How users become members, and cease to be: invitations (XEP-0045 §7.8) and registration (§7.10).</summary>
internal sealed partial class MucRoomGrain
{
    public async Task<MucInvitationResult> InviteAsync(MucSession sender, Jid invitee)
    {
        if (_occupants.Find(sender) is not { } visit)
        {
            return new(StanzaError.NotAcceptable, null);
        }

        var inviter = visit.Occupant;
        if (_room.AffiliationOf(invitee.Bare) == MucAffiliation.Outcast)
        {
            return new(StanzaError.Forbidden, null);
        }

        if (Config.IsMembersOnly && AffiliationOf(invitee) < MucAffiliation.Member)
        {
            if (inviter.Affiliation < MucAffiliation.Admin && !Config.MayInvite)
            {
                return new(StanzaError.Forbidden, null);
            }

            if (_room.Affiliations.Count >= AffiliationsMax)
            {
                return new(StanzaError.ResourceConstraint, null);
            }

            // XEP-0045 §9.3: to invite somebody into a members-only room is to make a member.
            await SaveAsync(room => room.With(invitee.Bare, MucAffiliation.Member, null));
        }

        return new(null, Config.Password);
    }

    public Task<MucRegistration> RegistrationAsync(Jid sender)
    {
        if (!_exists || _isLocked)
        {
            return Task.FromResult(new MucRegistration(StanzaError.ItemNotFound, false, null));
        }

        var nickname = _room.Affiliations.GetValueOrDefault(sender.Bare)?.Nickname;
        return Task.FromResult(new MucRegistration(null, nickname is not null, nickname));
    }

    public async Task<MucRegistration> RegisterAsync(Jid sender, string nickname, MucDecision? decision)
    {
        if (!_exists || _isLocked || !TryGetService(out var host, out var service))
        {
            return new(StanzaError.ItemNotFound, false, null);
        }

        var stored = _room.AffiliationOf(sender.Bare);
        if (stored == MucAffiliation.Outcast)
        {
            return new(StanzaError.Forbidden, false, null);
        }

        var isDecided = service.HttpAuth is { AuthorizeRegistration: true } && IsDecided(sender, host, service);
        if (isDecided && decision is null)
        {
            return new(null, false, null, NeedsDecision: true);
        }

        if (isDecided && RefusalOf(decision!) is { } refusal)
        {
            return new(refusal, false, null);
        }

        if (IsAnonymous(sender) || (!isDecided && Config.IsMembersOnly && stored < MucAffiliation.Member))
        {
            // Nobody becomes a member of a closed room by asking; its admins make members, or the tenant's service does.
            return new(StanzaError.NotAllowed, false, null);
        }

        if (FindNicknameConflict(nickname, sender))
        {
            return new(StanzaError.Conflict, false, null);
        }

        if (stored == MucAffiliation.None && _room.Affiliations.Count >= AffiliationsMax)
        {
            return new(StanzaError.ResourceConstraint, false, null);
        }

        await SaveAsync(room =>
        {
            var standing = room.Affiliations.GetValueOrDefault(sender.Bare) ?? new MucStanding(MucAffiliation.Member);
            return room with { Affiliations = room.Affiliations.SetItem(sender.Bare, standing with { Nickname = nickname }) };
        });
        await AdjustAsync(sender, null);
        return new(null, true, nickname);
    }

    public async Task<StanzaError?> UnregisterAsync(Jid sender)
    {
        if (!_exists || _isLocked)
        {
            return StanzaError.ItemNotFound;
        }

        if (_room.Affiliations.GetValueOrDefault(sender.Bare) is not { Nickname: not null } standing)
        {
            return StanzaError.RegistrationRequired;
        }

        // Who became a member by registering is none without it; admins and owners stay what they are.
        var affiliation = standing.Affiliation == MucAffiliation.Member ? MucAffiliation.None : standing.Affiliation;
        await SaveAsync(room => affiliation == MucAffiliation.None
            ? room.With(sender.Bare, affiliation, null)
            : room with { Affiliations = room.Affiliations.SetItem(sender.Bare, standing with { Nickname = null }) });
        await CarryAffiliationAsync(sender);
        return null;
    }
}
