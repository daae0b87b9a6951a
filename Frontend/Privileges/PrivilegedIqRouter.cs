using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Components;
using Krewe.Frontend.Delegation;
using Krewe.Frontend.Entities;
using Krewe.Frontend.Iq;
using Krewe.Frontend.Muc;
using Krewe.Frontend.Observability;
using Krewe.Frontend.Routing;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Privileges;

/// <summary>IQs that entities send as a user (XEP-0356 §6.3): to whomever the user could, by the same rules; the entity gets the answer.</summary>
internal sealed class PrivilegedIqRouter(
    IGrainFactory grains,
    LocalAccounts accounts,
    IHostSettingsSource hosts,
    LocalRoutes routes,
    MucRouter rooms,
    ComponentDelivery components,
    DelegationForwarder delegations,
    IqHandlers handlers,
    PrivilegedIqs pending,
    PrivilegeServices services)
{
    /// <summary>Whether the request is of this kind: then it is answered.</summary>
    public bool TryTake(
        IEntityStream stream, IStanzaSender sender, in HostedDomain hosted, Jid to, ReadOnlySpan<byte> element, in ElementHead head, out ValueTask place)
    {
        place = default;
        if (!head.FirstChildNamespace(element).SequenceEqual(PrivilegeNamespaces.Second) || !head.FirstChildName(element).SequenceEqual("privileged_iq"u8))
        {
            return false;
        }

        var id = head.IdText(element)!;
        var outcome = EnclosedStanza.ReadIq(element, stream.ContentNamespace, stream.StreamDeclarations, out var iq);
        if (FindRefusal(stream, hosted, to, head.StanzaType, outcome, iq, out var recipient) is { } refusal)
        {
            StanzaErrorWriter.Refuse(sender, StanzaKind.Iq, head.StanzaType, id, to, refusal);
            return true;
        }

        if (pending.TryBegin(sender, stream.Name, stream, head.StanzaType, id, iq!.Head.IdText(iq.Xml)!, to, recipient) is not { } request)
        {
            StanzaErrorWriter.Refuse(sender, StanzaKind.Iq, head.StanzaType, id, to, StanzaError.ResourceConstraint);
            return true;
        }

        if (!stream.IsOpen)
        {
            request.Drop();
        }

        var user = new UserByPrivilege(stream, to, hosted.Host, iq.Declarations, services) { Request = request };
        place = stream.Order.RunAsync((recipient ?? to).Bare, () => SendAsync(user, iq.WithId(System.Text.Encoding.UTF8.GetBytes(request.WireId)), recipient));
        return true;
    }

    /// <summary>XEP-0356 §6.3 lists what is forbidden (specs P-041).</summary>
    private static StanzaError? FindRefusal(
        IEntityStream stream, in HostedDomain hosted, Jid to, StanzaType type, EnclosedOutcome outcome, EnclosedStanza? iq, out Jid? recipient)
    {
        recipient = null;
        var isManaged = hosted.Component is null && to is { HasLocalpart: true, IsBare: true };
        if (!isManaged || stream.PrivilegeGeneration == 1 || stream.PrivilegesAt(hosted.Host) is not { Iq.IsEmpty: false } privileges
            || outcome == EnclosedOutcome.NotClient)
        {
            return StanzaError.Forbidden;
        }

        if (iq is null)
        {
            return StanzaError.BadRequest;
        }

        var (xml, head) = (iq.Xml, iq.Head);
        if (head.StanzaType != type || (head.HasFrom && !(RawValues.TryParseJid(head.From(xml), out var from) && from.Equals(to))))
        {
            return StanzaError.Forbidden;
        }

        // RFC 6120 §8.2.3
        if (!head.HasId || head.Id(xml).IsEmpty || head.ChildElements != 1)
        {
            return StanzaError.BadRequest;
        }

        var access = privileges.Iq.GetValueOrDefault(XmlText.DecodeValue(head.FirstChildNamespace(xml)));
        if (!access.HasFlag(type == StanzaType.Get ? PrivilegeAccess.Get : PrivilegeAccess.Set))
        {
            return StanzaError.Forbidden;
        }

        return head.HasTo && !RawValues.TryParseJid(head.To(xml), out recipient) ? StanzaError.JidMalformed
            : xml.Length > hosted.Host.C2SStanzaSizeLimit ? StanzaError.PolicyViolation
            : null;
    }

    private async Task SendAsync(UserByPrivilege user, EnclosedStanza iq, Jid? to)
    {
        var head = iq.Head;
        try
        {
            var account = await accounts.FindAsync(user.Address);
            if (account.Existence == AccountExistence.Unknown)
            {
                StanzaErrorWriter.Refuse(user, StanzaKind.Iq, head.StanzaType, head.IdText(iq.Xml), to, StanzaError.RemoteServerTimeout);
            }
            else if (!account.IsOpen)
            {
                // Nobody whom the host manages, or nobody who could do it.
                user.Request!.Refuse(StanzaError.Forbidden);
            }
            else if (await FindRefusalAsync(user, iq, to) is { } refusal)
            {
                StanzaErrorWriter.Refuse(user, StanzaKind.Iq, head.StanzaType, head.IdText(iq.Xml), to, refusal);
            }
        }
        catch (Exception e) when (e is TimeoutException or Orleans.Runtime.OrleansException)
        {
            services.Instruments.RouteFailed(RoutePath.Grain);
            StanzaErrorWriter.Refuse(user, StanzaKind.Iq, head.StanzaType, head.IdText(iq.Xml), to, StanzaError.RemoteServerTimeout);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Whatever it is, the entity is not left to wait for the deadline.
            user.LogFailure(e);
            StanzaErrorWriter.Refuse(user, StanzaKind.Iq, head.StanzaType, head.IdText(iq.Xml), to, StanzaError.InternalServerErrorWait);
        }
    }

    private async Task<StanzaError?> FindRefusalAsync(UserByPrivilege user, EnclosedStanza iq, Jid? to)
    {
        if (to is null || to.Equals(user.Address))
        {
            return Answer(user, iq, user.Hosted.Host, to, IqTarget.Account);
        }

        if (await hosts.FindAsync(to.Domainpart) is not { } target || !DomainScope.MayCross(user.Hosted, target))
        {
            return StanzaError.RemoteServerNotFound;
        }

        switch (target.Component)
        {
            case MucServiceSettings:
                await rooms.RouteAsync(user, iq.Xml, iq.Head, to, target);
                return null;
            case not null:
                components.Route(user, iq.Xml, iq.Head, to, target);
                return null;
            case null when to.IsBare:
                return Answer(user, iq, target.Host, to, to.HasLocalpart ? IqTarget.OtherAccount : IqTarget.Host);
            default:
                var isThere = to.HasLocalpart && !routes.IsSurelyOffline(to.Bare)
                    && await grains.Sessions(to).RouteAsync(StanzaStamping.Stamp(user, iq.Xml, iq.Head, to)) == RouteOutcome.Delivered;
                return isThere ? null : StanzaError.ServiceUnavailable;
        }
    }

    /// <summary>What the server answers, or somebody in its place: but never the very entity that asks (specs D-026).</summary>
    private StanzaError? Answer(UserByPrivilege user, EnclosedStanza iq, HostSettings host, Jid? to, IqTarget target)
    {
        var (xml, head) = (iq.Xml, iq.Head);
        if (delegations.TryForward(user, host, to, xml, head, exceptEntity: user.Entity))
        {
            return null;
        }

        if (handlers.Find(head.FirstChildNamespace(xml), head.FirstChildName(xml), target) is not { } handler)
        {
            return StanzaError.ServiceUnavailable;
        }

        var whole = handler.NeedsPayload ? StanzaStamping.StampBytes(user, xml, head, null, out _) : [];
        _ = IqRouter.AnswerAsync(handler, new IqRequest(user, head.StanzaType, head.IdText(xml)!, to, target, whole));
        return null;
    }
}
