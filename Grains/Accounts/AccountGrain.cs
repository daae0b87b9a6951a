using System.Collections.Immutable;
using Krewe.Contracts.Accounts;
using Krewe.Contracts.Storage;
using Krewe.Grains.Storage;

namespace Krewe.Grains.Accounts;

/// <summary>
/// One account's credentials of record (RFC 5802 §3: what the server stores of a password). Every change is on disk before it is answered. It ends
/// no streams: whoever disables or deletes does.
/// </summary>
internal sealed class AccountGrain(
    [PersistentState(StateNames.Account, StorageNames.Accounts)] IPersistentState<AccountState> state) : Grain, IAccountGrain
{
    private static readonly AccountCredentials NoAccount = new(Exists: false, IsEnabled: false, []);

    private ShortStay? _stay;

    public Task<AccountCredentials> GetAsync()
    {
        if (state.RecordExists)
        {
            return Task.FromResult(new AccountCredentials(true, state.State.IsEnabled, state.State.Scram, state.State.MayHaveMail));
        }

        // Whoever guesses names must not fill the memory with accounts that are none.
        (_stay ??= new(this, () => !state.RecordExists)).Begin();
        return Task.FromResult(NoAccount);
    }

    public async Task<bool> PutAsync(ImmutableArray<ScramCredentials> credentials)
    {
        var isMade = false;
        await state.ChangeAsync(account =>
        {
            isMade = !state.RecordExists;
            return account with { Scram = credentials };
        });
        return isMade;
    }

    public async Task<bool> KnowAsync()
    {
        var isMade = false;
        await state.ChangeAsync(account =>
        {
            isMade = !state.RecordExists;
            return isMade ? account : null;
        });
        return isMade;
    }

    public async Task<bool> SetEnabledAsync(bool isEnabled)
    {
        await state.ChangeAsync(account => state.RecordExists && account.IsEnabled != isEnabled ? account with { IsEnabled = isEnabled } : null);
        return state.RecordExists;
    }

    public Task SetMayHaveMailAsync(bool mayHaveMail) => state.ChangeAsync(
        account => state.RecordExists && account.MayHaveMail != mayHaveMail ? account with { MayHaveMail = mayHaveMail } : null);

    public async Task<bool> DeleteAsync()
    {
        var existed = state.RecordExists;
        if (existed)
        {
            await state.RemoveAsync();
        }

        DeactivateOnIdle();
        return existed;
    }
}
