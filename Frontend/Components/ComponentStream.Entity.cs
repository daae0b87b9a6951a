using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Entities;

namespace Krewe.Frontend.Components;

/// <content>The component as somebody to whom hosts grant things.</content>
internal sealed partial class ComponentStream : IEntityStream
{
    public int DelegationGeneration => Settings?.DelegationNs ?? 2;

    public int PrivilegeGeneration => Settings?.PrivilegeNs ?? 2;

    public int StanzaBytesMax => Owner.Host.ComponentStanzaSizeLimit;

    string IEntityStream.Name => Domain;

    string IEntityStream.LogName => Domain;

    string IEntityStream.Address => Domain;

    string IEntityStream.ContentNamespace => "jabber:component:accept";

    private ExternalComponentSettings? Settings => Owner.Component as ExternalComponentSettings;

    /// <summary>Every connection speaks for the whole domain.</summary>
    public bool Has(Jid granted) => granted.IsDomain && granted.Bare == Domain;

    public EntityPrivileges? PrivilegesAt(HostSettings host) => host.PrivilegedEntities.GetValueOrDefault(Domain);
}
