using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;

namespace Krewe.Grains.Hosts;

/// <summary>
/// Entities that a document grants something to and that belong to other tenants, or to nobody here yet. A grant lets the host's stanzas reach a component (<see cref="DomainScope"/>), which its
/// owner has not agreed to: so it is the provider who brings the two together. What he has named once, the host's key holders may grant more or less.
/// </summary>
internal static class ForeignEntities
{
    private const string ProviderOnly = "is another tenant's: only the provider may name it here";

    /// <summary>The places of a document that name such an entity for the first time.</summary>
    /// <param name="before">What was in force; null for nothing.</param>
    public static async Task<ImmutableArray<DocumentProblem>> FindAsync(IGrainFactory grains, HostSettings now, HostSettings? before)
    {
        var places = Named(now).Where(named => !IsOwn(now, named.Entity) && !(before is not null && IsNamed(before, named.Entity))).ToArray();
        var strangers = new HashSet<string>(StringComparer.Ordinal);
        foreach (var domain in places.Select(named => named.Entity.Domainpart).Distinct(StringComparer.Ordinal))
        {
            if (await TenantOfAsync(grains, domain) is var tenant && tenant != now.Tenant && !(tenant is null && IsBelow(domain, now.Domain)))
            {
                strangers.Add(domain);
            }
        }

        return [.. places.Where(named => strangers.Contains(named.Entity.Domainpart)).Select(static named => new DocumentProblem(named.Path, ProviderOnly)).Distinct()];
    }

    private static IEnumerable<(string Path, Jid Entity)> Named(HostSettings host)
    {
        var delegations = JsonPaths.Member(JsonPaths.Root, "delegations");
        var privileged = JsonPaths.Member(JsonPaths.Root, "privileged_entities");
        return host.Delegations.Where(static grant => grant.Entity is not null).Select(grant => (JsonPaths.Member(delegations, grant.Namespace), grant.Entity!))
            .Concat(host.PrivilegedEntities.Keys.Select(entity => (JsonPaths.Member(privileged, entity), Jid.Parse(entity))));
    }

    private static bool IsOwn(HostSettings host, Jid entity) => entity.Domainpart == host.Domain || host.Components.ContainsKey(entity.Domainpart);

    /// <summary>A domain that is nobody's yet, and that the host's key holders could take themselves.</summary>
    private static bool IsBelow(string domain, string host) => domain.EndsWith($".{host}", StringComparison.Ordinal);

    private static bool IsNamed(HostSettings host, Jid entity) => Named(host).Any(named => named.Entity.Domainpart == entity.Domainpart);

    /// <summary>Null for a domain that is nobody's. Asks only what hosts answer while they are being changed.</summary>
    private static async Task<string?> TenantOfAsync(IGrainFactory grains, string domain)
    {
        var host = await grains.Host(domain).GetAsync() is { Json: not null } document ? document
            : await grains.Domain(domain).OwnerAsync() is { } owner ? await grains.Host(owner).GetAsync()
            : null;
        return host?.Json is { } json ? HostDocumentReader.Read(host.Domain, host.Version, json).Settings?.Tenant : null;
    }
}
