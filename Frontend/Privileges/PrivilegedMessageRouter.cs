using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Components;
using Krewe.Frontend.Entities;
using Krewe.Frontend.Muc;
using Krewe.Frontend.Observability;
using Krewe.Frontend.Routing;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Privileges;

/// <summary>Messages that entities send as a host or as one of its users (XEP-0356 §5). They go where, and only where, the user's own would.</summary>
internal sealed class PrivilegedMessageRouter(
    IHostSettingsSource hosts, LocalPath localPath, UserMessages messages, MucRouter rooms, ComponentDelivery components, PrivilegeServices services)
{
    /// <summary>Whether the message is of this kind: then it is sent, or refused.</summary>
    public bool TryTake(
        IEntityStream stream, IStanzaSender sender, HostSettings host, Jid to, ReadOnlySpan<byte> element, in ElementHead head, out ValueTask place)
    {
        place = default;
        if (head.StanzaType == StanzaType.Error)
        {
            return false;
        }

        var outcome = EnclosedStanza.ReadMessage(
            element, stream.ContentNamespace, PrivilegeNamespaces.Of(stream.PrivilegeGeneration), stream.StreamDeclarations, out var message);
        if (outcome == EnclosedOutcome.Absent)
        {
            return false;
        }

        var isGranted = stream.PrivilegesAt(host) is { MayMessage: true };
        Jid? from = null, recipient = null;
        var refusal = !isGranted ? StanzaError.Forbidden
            : message is null ? StanzaError.BadRequest
            : FindRefusal(host, message, out from, out recipient);
        if (refusal is not null)
        {
            StanzaErrorWriter.Refuse(sender, StanzaKind.Message, head.StanzaType, head.IdText(element), to, refusal);
            return true;
        }

        place = RouteAsync(stream, new UserByPrivilege(stream, from!, host, message!.Declarations, services), message, recipient);
        return true;
    }

    private static StanzaError? FindRefusal(HostSettings host, EnclosedStanza message, out Jid? from, out Jid? to)
    {
        to = null;
        var (xml, head) = (message.Xml, message.Head);

        // The very host that was asked and that granted it (specs P-031, P-033), whoever else is served here.
        if (!head.HasFrom || !RawValues.TryParseJid(head.From(xml), out from) || !from.IsBare || from.Domainpart != host.Domain)
        {
            from = null;
            return StanzaError.Forbidden;
        }

        if (head.HasTo ? !RawValues.TryParseJid(head.To(xml), out to) : !from.HasLocalpart)
        {
            return head.HasTo ? StanzaError.JidMalformed : StanzaError.BadRequest;
        }

        return xml.Length > host.C2SStanzaSizeLimit ? StanzaError.PolicyViolation : null;
    }

    private ValueTask RouteAsync(IEntityStream stream, UserByPrivilege user, EnclosedStanza message, Jid? recipient)
    {
        // RFC 6120 §10.3.1: a message to nobody is one to the sender's own account.
        var isToSelf = recipient is null;
        var to = recipient ?? user.Address;
        if (to.HasLocalpart && !stream.Order.IsUnderWay(to.Bare) && localPath.TryDeliverMessage(user, message.Xml, message.Head, to, isToSelf))
        {
            return default;
        }

        return stream.Order.RunAsync(to.Bare, () => SendAsync(user, message, to, isToSelf));
    }

    private async Task SendAsync(UserByPrivilege user, EnclosedStanza message, Jid to, bool isToSelf)
    {
        try
        {
            if (await FindRefusalAsync(user, message, to, isToSelf) is { } refusal)
            {
                StanzaErrorWriter.Refuse(user, StanzaKind.Message, message.Head.StanzaType, message.Head.IdText(message.Xml), to, refusal);
            }
        }
        catch (Exception e) when (e is TimeoutException or Orleans.Runtime.OrleansException)
        {
            services.Instruments.RouteFailed(RoutePath.Grain);
            StanzaErrorWriter.Refuse(user, StanzaKind.Message, message.Head.StanzaType, message.Head.IdText(message.Xml), to, StanzaError.RemoteServerTimeout);
        }
    }

    private async Task<StanzaError?> FindRefusalAsync(UserByPrivilege user, EnclosedStanza message, Jid to, bool isToSelf)
    {
        if (await hosts.FindAsync(to.Domainpart) is not { } target || !DomainScope.MayCross(user.Hosted, target))
        {
            return StanzaError.RemoteServerNotFound;
        }

        switch (target.Component)
        {
            case MucServiceSettings:
                await rooms.RouteAsync(user, message.Xml, message.Head, to, target);
                return null;
            case not null:
                components.Route(user, message.Xml, message.Head, to, target);
                return null;
            default:
                // The server itself reads no messages (RFC 6120 §10.5.1).
                return to.HasLocalpart
                    ? await messages.DeliverAsync(StanzaStamping.Stamp(user, message.Xml, message.Head, to, isToSelf))
                    : StanzaError.ServiceUnavailable;
        }
    }
}
