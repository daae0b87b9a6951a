using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Delegation;
using Krewe.Frontend.Privileges;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Entities;

/// <summary>
/// What a user whom hosts name sends as a managing or privileged entity (XEP-0355 §4.3, XEP-0356 §4 to §6). Everything else of such a user, and all of whoever is none, is an
/// ordinary user's.
/// </summary>
internal sealed class UserEntityRouter(IHostSettingsSource hosts, PrivilegeRouter privileges, EntityRequests requests, DelegationReplies replies)
{
    /// <summary>Whether the stanza was one: then it is sent, answered or refused.</summary>
    /// <param name="place">Done when it has its place.</param>
    public bool TryTake(C2SStream stream, UserEntity entity, ReadOnlySpan<byte> element, in ElementHead head, Jid to, out ValueTask place)
    {
        place = default;
        if (HostOf(stream, to) is not { } host)
        {
            return false;
        }

        return head.Kind switch
        {
            StanzaKind.Iq when head.StanzaType is StanzaType.Result or StanzaType.Error => to.IsDomain && TryTakeAnswer(stream, entity, element, head, to),
            StanzaKind.Iq => TryTakeRequest(stream, entity, host, element, head, to, out place),
            StanzaKind.Message => to.IsDomain && IsPrivileged(entity, host) && privileges.TryTakeMessage(entity, stream, host, to, element, head, out place),

            // About presence that it was told by privilege, and of which the user knows nothing (specs P-057).
            _ => head.StanzaType == StanzaType.Error && to.HasLocalpart && entity.PrivilegesAt(host) is { Presence: not PresencePrivilege.None },
        };
    }

    private bool TryTakeAnswer(C2SStream stream, UserEntity entity, ReadOnlySpan<byte> element, in ElementHead head, Jid to) =>
        head.HasId && (requests.TryTake(entity, stream, to, element, head) || replies.TryTake(entity, to, element, head));

    private bool TryTakeRequest(
        C2SStream stream, UserEntity entity, HostSettings host, ReadOnlySpan<byte> element, in ElementHead head, Jid to, out ValueTask place)
    {
        place = default;
        var isProper = head.StanzaType is StanzaType.Get or StanzaType.Set && head.HasId && !head.Id(element).IsEmpty && head.ChildElements == 1;
        if (!isProper || !IsPrivileged(entity, host))
        {
            return false;
        }

        // Its own roster is a client's own.
        return privileges.TryTakePrivilegedIq(entity, stream, new HostedDomain(host, null), to, element, head, out place)
            || (to.IsBare && to.Bare != entity.Name && privileges.TryTakeRoster(entity, stream, host, to, element, head, out place));
    }

    private static bool IsPrivileged(UserEntity entity, HostSettings host) => entity.PrivilegesAt(host) is { IsEmpty: false };

    private HostSettings? HostOf(C2SStream stream, Jid to) =>
        to.Domainpart == stream.Domain ? stream.Host
        : hosts.TryGetLoaded(to.Domainpart, out var host) && DomainScope.MayGrant(host, stream.Hosted) ? host
        : null;
}
