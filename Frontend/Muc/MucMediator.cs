using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Routing;

namespace Krewe.Frontend.Muc;

/// <summary>Passes invitations, and refusals of them, through a room to users who need not be in it (XEP-0045 §7.8.2).</summary>
internal sealed class MucMediator(IHostSettingsSource hosts, UserMessages messages)
{
    /// <summary>Invitations in one message: enough for a whole team, too few to be worth a spammer's while.</summary>
    private const int InvitationsMax = 50;

    /// <summary>Everybody is invited who can be; the result is the first thing that went wrong.</summary>
    public async Task<StanzaError?> InviteAsync(RoomVisit visit, MucSession inviter, MucInvitations asked, HostSettings host)
    {
        if (asked.Invitations.Length > InvitationsMax)
        {
            return StanzaError.PolicyViolation;
        }

        StanzaError? first = null;
        foreach (var invitation in asked.Invitations)
        {
            var error = await InviteAsync(visit, inviter, invitation, host);
            first ??= error;
        }

        return first;
    }

    public async Task<StanzaError?> DeclineAsync(RoomVisit visit, MucSession invitee, MucDecline decline, HostSettings host)
    {
        if (decline.To is not { } inviter)
        {
            return StanzaError.JidMalformed;
        }

        // Only to somebody who could have invited: else anybody might send messages in the room's name.
        return await visit.Grain.IsPresentAsync(inviter)
            ? await SendAsync(MucInvitationWriter.Decline(visit.Room, invitee.Jid, inviter, decline.Reason), host)
            : StanzaError.ItemNotFound;
    }

    private async Task<StanzaError?> InviteAsync(RoomVisit visit, MucSession inviter, MucInvitation invitation, HostSettings host)
    {
        if (invitation.To is not { HasLocalpart: true } invitee)
        {
            return StanzaError.JidMalformed;
        }

        if (!await IsReachableAsync(invitee, host))
        {
            // Before the room is asked, which may make a member of whoever is invited.
            return StanzaError.RemoteServerNotFound;
        }

        var result = await visit.Grain.InviteAsync(inviter, invitee);
        return result.Error ?? await SendAsync(MucInvitationWriter.Invite(visit.Room, inviter.Jid, invitation, result.Password), host);
    }

    private async Task<StanzaError?> SendAsync(StanzaFrame message, HostSettings host) =>
        await IsReachableAsync(message.To!, host) ? await messages.DeliverAsync(message) : StanzaError.RemoteServerNotFound;

    private async ValueTask<bool> IsReachableAsync(Jid user, HostSettings host) =>
        await hosts.FindAsync(user.Domainpart) is { Component: null, Host: { Enabled: true } there }
        && (there.Domain == host.Domain || !(there.Isolate || host.Isolate));
}
