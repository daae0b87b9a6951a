using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Entities;

namespace Krewe.Frontend.Doctor;

/// <summary>Whether the programs that serve a host's other domains are there, and whether those that were given privileges can use them (XEP-0114, XEP-0356).</summary>
internal sealed class ComponentExamination(IGrainFactory grains, IHostSettingsSource hosts, UserEntities users)
{
    public async Task<IReadOnlyList<DoctorItem>> ExamineAsync(HostSettings host)
    {
        var components = host.Components.Values.OfType<ExternalComponentSettings>().OrderBy(component => component.Domain, StringComparer.Ordinal);
        var connected = await Task.WhenAll(components.Select(async component => OfConnections(component.Domain, (await grains.Component(component.Domain).ConnectionsAsync()).Length)));
        var privileged = await Task.WhenAll(host.PrivilegedEntities.Keys.Order(StringComparer.Ordinal).Select(entity => OfPrivilegesAsync(host, entity)));
        return [.. connected, .. privileged.OfType<DoctorItem>()];
    }

    private static DoctorItem OfConnections(string domain, int count) => count > 0
        ? DoctorItem.Ok(JsonPaths.Member("$.components", domain), $"{domain} is connected{(count > 1 ? $", {count} times" : "")}.")
        : DoctorItem.Note(JsonPaths.Member("$.components", domain), $"{domain} is not connected: what is sent to it is answered with an error.");

    /// <summary>Null when there is nothing to say of them.</summary>
    private async Task<DoctorItem?> OfPrivilegesAsync(HostSettings host, string entity)
    {
        var path = JsonPaths.Member("$.privileged_entities", entity);
        var jid = Jid.Parse(entity);
        var found = await hosts.FindAsync(jid.Domainpart);
        if (jid.HasLocalpart)
        {
            return found is not { Component: null } own || !DomainScope.MayGrant(host, own) ? DoctorItem.Bad(path, $"{entity} gets no privileges: it is no user of your hosts.")
                : users.WhyNot(jid) is { } why ? DoctorItem.Note(path, $"{entity} does nothing with its privileges now: {why}.")
                : null;
        }

        return found is not { Component: ExternalComponentSettings } component ? DoctorItem.Bad(path, $"{entity} gets no privileges: it is no external component.")
            : !DomainScope.MayGrant(host, component) ? OutOfReach(path, entity)
            : component.Host.Domain != host.Domain && (await grains.Component(jid.Domainpart).ConnectionsAsync()).IsEmpty ? DoctorItem.Note(path, $"{entity} is not connected, and does nothing with its privileges.")
            : null;
    }

    private static DoctorItem OutOfReach(string path, string entity) => DoctorItem.Bad(path, $"{entity} gets no privileges: it is out of the host's reach.");
}
