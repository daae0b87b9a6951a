using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Storage;
using Krewe.Grains.Storage;

namespace Krewe.Grains.Hosts;

/// <summary>
/// The claim of one domain for a host's component. Claims of one domain, and the question whose it is that comes before a host is made of it, are taken one at a time:
/// of a host that comes into being and a component that claims its domain, one finds the other.
/// </summary>
internal sealed class DomainGrain(
    [PersistentState(StateNames.Domain, StorageNames.Settings)] IPersistentState<DomainState> state, HostFiles files) : Grain, IDomainGrain
{
    private ShortStay? _stay;

    private string Domain => this.GetPrimaryKeyString();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        new ShortStay(this, () => true, HostGrain.StayFor).Begin();
        return Task.CompletedTask;
    }

    public async Task<string?> OwnerAsync()
    {
        if (!state.RecordExists)
        {
            // Anybody can ask for a made-up domain: it must not stay in memory.
            (_stay ??= new(this, () => !state.RecordExists)).Begin();
        }

        return files.OwnerOf(Domain) is { } file && await HasAsync(file) ? file
            : state.State.Host is { } claimant && await HasAsync(claimant) ? claimant
            : null;
    }

    public Task<string?> ClaimantAsync() => Task.FromResult(state.State.Host);

    public async Task<bool> ClaimAsync(string host)
    {
        if (await OwnerAsync() is { } owner && owner != host)
        {
            return false;
        }

        // The host of that name may be on its way: then it asks here whose the domain is, and waits for this claim to be decided.
        if (await GrainFactory.Host(Domain).HoldsAsync(Domain))
        {
            return false;
        }

        if (state.State.Host != host)
        {
            await state.ChangeAsync(_ => new DomainState { Host = host });
        }

        return true;
    }

    public async Task ReleaseAsync(string host)
    {
        if (state.State.Host == host)
        {
            await state.RemoveAsync();
            (_stay ??= new(this, () => !state.RecordExists)).Begin();
        }
    }

    private Task<bool> HasAsync(string host) => GrainFactory.Host(host).HoldsAsync(Domain);
}
