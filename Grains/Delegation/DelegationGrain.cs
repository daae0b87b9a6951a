using Krewe.Contracts.Delegation;
using Krewe.Contracts.Hosts;

namespace Krewe.Grains.Delegation;

/// <summary>Asks the web services that a host has delegated namespaces to (contract: "Namespace"). It keeps nothing: what bounds the calls is the hook's pipeline.</summary>
internal sealed class DelegationGrain(DelegationClient client, IHostSettingsSource hosts) : Grain, IDelegationGrain
{
    public async Task<DelegatedAnswer> AskAsync(DelegatedIq iq)
    {
        var host = await hosts.GetAsync(this.GetPrimaryKeyString());
        return host is { Enabled: true } && host.Delegations.FirstOrDefault(grant => grant.Namespace == iq.Namespace && grant.Url == iq.Url) is { } grant
            ? await client.AskAsync(host, grant, iq)
            : new DelegatedAnswer(DelegatedOutcome.Failed);
    }
}
