using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Delegation;
using Krewe.Frontend.Entities;
using Krewe.Frontend.Iq;
using Krewe.Frontend.Rosters;
using Krewe.Frontend.Routing;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Privileges;

/// <summary>What an entity asks for on behalf of a host's users (XEP-0356), as far as the host's settings give it the right to.</summary>
internal sealed class PrivilegeRouter(
    LocalAccounts accounts, ManagedRosters rosters, DelegationForwarder delegations, PrivilegedMessageRouter messages, PrivilegedIqRouter iqs)
{
    /// <summary>Whether the message, to the host's domain, was one of XEP-0356 §5: then it was sent or refused.</summary>
    /// <param name="place">Done when it has its place.</param>
    public bool TryTakeMessage(
        IEntityStream stream, IStanzaSender sender, HostSettings host, Jid to, ReadOnlySpan<byte> element, in ElementHead head, out ValueTask place) =>
        messages.TryTake(stream, sender, host, to, element, head, out place);

    /// <summary>Whether the request was one for an IQ as a user (XEP-0356 §6), whomever it is to: then it is answered.</summary>
    /// <param name="place">Done when the IQ has its place.</param>
    public bool TryTakePrivilegedIq(
        IEntityStream stream, IStanzaSender sender, in HostedDomain hosted, Jid to, ReadOnlySpan<byte> element, in ElementHead head, out ValueTask place) =>
        iqs.TryTake(stream, sender, hosted, to, element, head, out place);

    /// <summary>Whether the request, to a bare JID of the host, was one for a roster (XEP-0356 §4): then it is answered.</summary>
    /// <param name="place">Done when it has its place.</param>
    public bool TryTakeRoster(
        IEntityStream stream, IStanzaSender sender, HostSettings host, Jid to, ReadOnlySpan<byte> element, in ElementHead head, out ValueTask place)
    {
        place = default;
        if (!to.HasLocalpart || !head.FirstChildNamespace(element).SequenceEqual("jabber:iq:roster"u8) || !head.FirstChildName(element).SequenceEqual("query"u8)
            || stream.PrivilegesAt(host) is not { Roster: not PrivilegeAccess.None } privileges)
        {
            return false;
        }

        // A roster that somebody else keeps is theirs to show (specs P-062).
        if (delegations.TryForward(sender, host, to, element, head))
        {
            return true;
        }

        var request = new IqRequest(
            sender, head.StanzaType, head.IdText(element)!, to, IqTarget.OtherAccount, StanzaStamping.StampBytes(sender, element, head, null, out _));
        if (!privileges.Roster.HasFlag(head.StanzaType == StanzaType.Get ? PrivilegeAccess.Get : PrivilegeAccess.Set))
        {
            request.Refuse(StanzaError.Forbidden);
            return true;
        }

        // What one entity asks of one user's roster is done in its order; messages to that user do not wait for the tenant's application.
        place = stream.Order.RunAsync($"roster {to.Bare}", () => AnswerAsync(request, to, host, stream.Since));
        return true;
    }

    private async Task AnswerAsync(IqRequest request, Jid owner, HostSettings host, DateTimeOffset since)
    {
        try
        {
            switch ((await accounts.FindAsync(owner)).Existence)
            {
                case AccountExistence.Yes:
                    await rosters.AnswerAsync(request, owner, host, since);
                    break;
                case AccountExistence.No:
                    // Whoever may read everybody's roster may know who there is (specs P-026).
                    request.Refuse(StanzaError.ItemNotFound);
                    break;
                default:
                    request.Refuse(StanzaError.InternalServerErrorWait);
                    break;
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Nobody is left unanswered, whatever becomes of the grain behind it.
            request.Sender.LogFailure(e);
            request.Refuse(StanzaError.InternalServerErrorWait);
        }
    }
}
