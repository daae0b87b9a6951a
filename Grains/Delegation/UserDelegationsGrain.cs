using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Delegation;
using Krewe.Contracts.Storage;
using Krewe.Grains.Storage;

namespace Krewe.Grains.Delegation;

/// <summary>What a host's users have delegated and want kept (XEP-0355 §8). One state for a host: it is read once by each frontend, and seldom changed.</summary>
internal sealed class UserDelegationsGrain(
    [PersistentState(StateNames.UserDelegations, StorageNames.Settings)] IPersistentState<UserDelegationsState> state) : Grain, IUserDelegationsGrain
{
    private ShortStay? _stay;

    public Task<ImmutableArray<UserDelegation>> ListAsync()
    {
        LeaveIfEmpty();
        return Task.FromResult(state.State.Delegations);
    }

    public async Task<bool> ReplaceAsync(Jid user, ImmutableArray<UserDelegation> delegations)
    {
        var isTaken = false;
        ImmutableArray<UserDelegation> own = [.. delegations.Where(one => one.User.Bare == user.Bare).Distinct()];
        await state.ChangeAsync(stored =>
        {
            ImmutableArray<UserDelegation> all =
            [
                .. stored.Delegations.Where(one => one.User.Bare != user.Bare).Concat(own)
                    .OrderBy(one => one.User).ThenBy(one => one.Component, StringComparer.Ordinal).ThenBy(one => one.Namespace, StringComparer.Ordinal),
            ];

            // Fewer than before is never too many.
            isTaken = (own.Length <= IUserDelegationsGrain.OfUserMax && all.Length <= IUserDelegationsGrain.OfHostMax) || all.Length <= stored.Delegations.Length;
            return isTaken && !all.AsSpan().SequenceEqual(stored.Delegations.AsSpan()) ? stored with { Delegations = all } : null;
        });
        if (isTaken && state.RecordExists && state.State.Delegations.IsEmpty)
        {
            await state.RemoveAsync();
        }

        LeaveIfEmpty();
        return isTaken;
    }

    public async Task ClearAsync()
    {
        if (state.RecordExists)
        {
            await state.RemoveAsync();
        }

        LeaveIfEmpty();
    }

    /// <summary>Every host that is loaded is asked for, and few have any.</summary>
    private void LeaveIfEmpty()
    {
        if (state.State.Delegations.IsEmpty)
        {
            (_stay ??= new(this, () => state.State.Delegations.IsEmpty)).Begin();
        }
    }
}
