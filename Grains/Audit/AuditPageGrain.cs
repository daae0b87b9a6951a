using Krewe.Contracts.Audit;
using Krewe.Contracts.Storage;
using Krewe.Grains.Storage;

namespace Krewe.Grains.Audit;

/// <summary>A full page of an audit log: written once, read seldom, and not kept in memory.</summary>
internal sealed class AuditPageGrain([PersistentState(StateNames.AuditPage, StorageNames.Audit)] IPersistentState<AuditPageState> state) : Grain, IAuditPageGrain
{
    private ShortStay? _stay;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        (_stay = new(this, () => true)).Begin();
        return Task.CompletedTask;
    }

    public Task<AuditPage> ReadAsync() => Task.FromResult(new AuditPage(state.State.First, state.State.Entries));

    public Task WriteAsync(AuditPage page) => state.ChangeAsync(_ => new AuditPageState { First = page.First, Entries = page.Entries });

    public Task ClearAsync() => state.RecordExists ? state.RemoveAsync() : Task.CompletedTask;
}
