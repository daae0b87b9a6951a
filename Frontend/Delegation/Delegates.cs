using Krewe.Contracts.Hosts;
using Krewe.Frontend.Components;

namespace Krewe.Frontend.Delegation;

/// <summary>Who answers for a grant now, or why nobody does (XEP-0355 §4.3, specs D-047).</summary>
internal sealed class Delegates(IHostSettingsSource hosts, ComponentTable components, DelegationAdvertiser advertiser)
{
    /// <summary>The connection that requests of a user go to; null, with the reason for the operator's eyes, while the grant is not live. Not for a web service.</summary>
    public ComponentStream? Find(HostSettings host, DelegationGrant grant, string userBare, out string? reason)
    {
        ComponentStream? stream = null;
        reason = grant.Entity is not { IsDomain: true } entity ? "users cannot be delegates yet: name a component's domain"
            : hosts.TryFindLoaded(entity.Bare, out var hosted) && hosted.Component is not ExternalComponentSettings ? "the delegate is no external component"
            : !components.TryPick(entity.Bare, userBare, out stream) ? "the component is not connected"
            : WhyNot(host, grant, stream);
        return reason is null ? stream : null;
    }

    /// <summary>The same for what a user has delegated, of which the component is told when that is done.</summary>
    public ComponentStream? FindForUser(HostSettings host, DelegationGrant grant, string userBare) =>
        components.TryPick(grant.Entity!.Domainpart, userBare, out var stream) && DomainScope.MayCross(new HostedDomain(host, null), stream.Owner) ? stream : null;

    private string? WhyNot(HostSettings host, DelegationGrant grant, ComponentStream stream)
    {
        var owner = stream.Owner;
        return !DomainScope.MayCross(new HostedDomain(host, null), owner) ? "the component is out of the host's reach"
            : owner.Component is ExternalComponentSettings settings && !DelegationAdvertiser.Knows(settings, grant) ? "the component speaks urn:xmpp:delegation:1, which does not have it"
            : !advertiser.IsLive(stream, host, grant) ? "the component was not told yet"
            : null;
    }
}
