using Krewe.Contracts.Certificates;
using Krewe.Contracts.Storage;
using Krewe.Grains.Storage;

namespace Krewe.Grains.Certificates;

/// <summary>One host's certificate of record. It decides nothing: frontends check what is put, and choose what a handshake gets.</summary>
internal sealed class CertificateGrain(
    [PersistentState(StateNames.Certificate, StorageNames.Settings)] IPersistentState<CertificateState> state, TimeProvider time) : Grain, ICertificateGrain
{
    private ShortStay? _stay;

    /// <summary>Over a removal, as far as this activation remembers; by the clock beyond that.</summary>
    private long _lastVersion;

    public Task<HostCertificateAnswer> GetAsync(long known)
    {
        LeaveIfEmpty();
        return Task.FromResult(state.State.Certificate is not { } certificate ? HostCertificateAnswer.None
            : new HostCertificateAnswer(state.State.Version, state.State.Version == known ? null : certificate));
    }

    public async Task<bool> PutAsync(HostCertificate certificate)
    {
        var isFirst = false;
        await state.ChangeAsync(before =>
        {
            isFirst = before.Certificate is null;
            _lastVersion = Math.Max(Math.Max(_lastVersion, before.Version) + 1, time.GetUtcNow().ToUnixTimeMilliseconds());
            return new CertificateState { Certificate = certificate, Version = _lastVersion };
        });
        return isFirst;
    }

    public async Task<bool> ClearAsync()
    {
        var existed = state.RecordExists;
        if (existed)
        {
            _lastVersion = state.State.Version;
            await state.RemoveAsync();
        }

        LeaveIfEmpty();
        return existed;
    }

    /// <summary>Asked for every host that is served, and most have none.</summary>
    private void LeaveIfEmpty()
    {
        if (!state.RecordExists)
        {
            (_stay ??= new(this, () => !state.RecordExists)).Begin();
        }
    }
}
