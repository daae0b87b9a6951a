using Krewe.Contracts.Hosts;
using Krewe.Frontend.Components;
using Krewe.Frontend.Entities;

namespace Krewe.Frontend.Delegation;

/// <summary>Who answers for a grant now, or why nobody does (XEP-0355 §4.3, specs D-047).</summary>
internal sealed class Delegates(IHostSettingsSource hosts, ComponentTable components, UserEntities users, DelegationAdvertiser advertiser)
{
    /// <summary>The connection that requests of a user go to; null while the grant is not live. Not for a web service.</summary>
    public IEntityStream? Find(HostSettings host, DelegationGrant grant, string userBare) =>
        Connection(grant, userBare) is { } stream && WhyNot(host, grant, stream) is null ? stream : null;

    /// <summary>Why a grant is not live, for the operator's eyes; null when it is.</summary>
    public string? WhyNot(HostSettings host, DelegationGrant grant)
    {
        var entity = grant.Entity!;
        if (entity.HasLocalpart)
        {
            // Of another tenant's user it is not told whether he is there.
            return hosts.TryFindLoaded(entity.Domainpart, out var own) && own.Component is null && !DomainScope.MayGrant(host, own)
                ? "the user is out of the host's reach"
                : users.WhyNot(entity) ?? WhyNot(host, grant, users.Find(entity));
        }

        return hosts.TryFindLoaded(entity.Bare, out var hosted) && hosted.Component is not ExternalComponentSettings ? "the delegate is no external component"
            : components.TryPick(entity.Bare, host.Domain, out var stream) ? WhyNot(host, grant, stream)
            : "the component is not connected";
    }

    /// <summary>The same for what a user has delegated, of which the component is told when that is done.</summary>
    public ComponentStream? FindForUser(HostSettings host, DelegationGrant grant, string userBare) =>
        components.TryPick(grant.Entity!.Domainpart, userBare, out var stream) && DomainScope.MayCross(new HostedDomain(host, null), stream.Owner) ? stream : null;

    private IEntityStream? Connection(DelegationGrant grant, string userBare) =>
        grant.Entity is not { } entity ? null
        : entity.HasLocalpart ? users.Find(entity)
        : components.TryPick(entity.Bare, userBare, out var stream) ? stream
        : null;

    private string? WhyNot(HostSettings host, DelegationGrant grant, IEntityStream? stream) =>
        stream is null ? "the user is not connected"
        : !DomainScope.MayGrant(host, stream.Owner) ? (stream is UserEntity ? "the user is out of the host's reach" : "the component is out of the host's reach")
        : !DelegationAdvertiser.Knows(stream, grant) ? "the component speaks urn:xmpp:delegation:1, which does not have it"
        : !advertiser.IsLive(stream, host, grant) ? (stream is UserEntity ? "the user was not told yet" : "the component was not told yet")
        : null;
}
