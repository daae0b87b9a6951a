using System.Collections.Immutable;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Storage;
using Krewe.Grains.Storage;

namespace Krewe.Grains.Hosts;

/// <summary>
/// The keys of one host or of one tenant. Apart from the host's settings, so that a key's last use rewrites no document, a key is verified while a document is
/// being changed, and a host whose keys nobody uses holds none of them in memory.
/// </summary>
internal sealed class KeyRingGrain(
    [PersistentState(StateNames.Keys, StorageNames.Settings)] IPersistentState<KeyRingState> state, TimeProvider time) : Grain, IKeyRingGrain
{
    private ShortStay? _stay;

    private ImmutableArray<StoredKey> Keys => state.State.Keys;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        LeaveIfEmpty();
        return Task.CompletedTask;
    }

    public async Task<NewApiKey?> CreateAsync(string name, ImmutableArray<string> scopes, DateTimeOffset? expiresAt)
    {
        var now = time.GetUtcNow();
        if (IsFull(now))
        {
            return null;
        }

        var (made, stored) = Make(name, scopes, now, expiresAt);
        await state.ChangeAsync(ring => new KeyRingState { Keys = [.. ring.Keys.Where(other => other.Key.IsValidAt(now)), stored] });
        return made;
    }

    public Task<ImmutableArray<ApiKey>> ListAsync() => Task.FromResult(Keys.Select(stored => stored.Key).ToImmutableArray());

    public async Task<bool> DeleteAsync(string id)
    {
        if (!Keys.Any(stored => stored.Key.Id == id))
        {
            return false;
        }

        if (Keys.Length == 1)
        {
            await ClearAsync();
            return true;
        }

        await state.ChangeAsync(ring => new KeyRingState { Keys = [.. ring.Keys.Where(stored => stored.Key.Id != id)] });
        return true;
    }

    public async Task<KeyRotation> RotateAsync(string id, TimeSpan overlap)
    {
        var now = time.GetUtcNow();
        if (Keys.FirstOrDefault(stored => stored.Key.Id == id)?.Key is not { } old || !old.IsValidAt(now))
        {
            return new KeyRotation(KeyRotationOutcome.NotFound, null);
        }

        if (old.ReplacedBy is { } successor && Keys.Any(stored => stored.Key.Id == successor))
        {
            return new KeyRotation(KeyRotationOutcome.Replaced, null);
        }

        if (IsFull(now))
        {
            return new KeyRotation(KeyRotationOutcome.Full, null);
        }

        var (made, fresh) = Make(old.Name, old.Scopes, now, old.ExpiresAt is { } end ? now + (end - old.CreatedAt) : null);
        var ends = old.ExpiresAt is { } sooner && sooner < now + overlap ? sooner : now + overlap;
        await state.ChangeAsync(ring => new KeyRingState
        {
            Keys =
            [
                .. ring.Keys.Where(other => other.Key.IsValidAt(now)).Select(other => other.Key.Id != id ? other
                    : other with { Key = other.Key with { ExpiresAt = ends, ReplacedBy = made.Key.Id } }),
                fresh,
            ],
        });
        return new KeyRotation(KeyRotationOutcome.Rotated, made);
    }

    public Task<ApiKey?> VerifyAsync(string id, string secret)
    {
        var found = Keys.FirstOrDefault(stored => stored.Key.Id == id);
        return Task.FromResult(
            found is not null && KeySecrets.IsMatch(secret, found.Hash) && found.Key.IsValidAt(time.GetUtcNow()) ? found.Key : null);
    }

    public async Task NoteUsesAsync(ImmutableArray<KeyUse> uses)
    {
        if (uses.Any(use => Keys.Any(stored => stored.Key.Id == use.KeyId)))
        {
            await state.ChangeAsync(ring => new KeyRingState { Keys = [.. ring.Keys.Select(stored => stored with { Key = Used(stored.Key, uses) })] });
        }
    }

    public async Task ClearAsync()
    {
        if (state.RecordExists)
        {
            await state.RemoveAsync();
        }

        LeaveIfEmpty();
    }

    private static ApiKey Used(ApiKey key, ImmutableArray<KeyUse> uses) =>
        uses.Where(use => use.KeyId == key.Id).MaxBy(use => use.At) is { } last && !(last.At <= key.LastUsedAt)
            ? key with { LastUsedAt = last.At, LastUsedFrom = last.From }
            : key;

    private static (NewApiKey Made, StoredKey Stored) Make(string name, ImmutableArray<string> scopes, DateTimeOffset now, DateTimeOffset? expiresAt)
    {
        var secret = KeySecrets.NewSecret();
        var key = new ApiKey(KeySecrets.NewId(), name, scopes, now, expiresAt);
        return (new NewApiKey(key, secret), new StoredKey(key, KeySecrets.Hash(secret)));
    }

    private bool IsFull(DateTimeOffset now) => Keys.Count(stored => stored.Key.IsValidAt(now)) >= HostKeys.KeysMax;

    private void LeaveIfEmpty()
    {
        if (Keys.IsEmpty)
        {
            // Anybody can make up a token of a tenant: what holds no keys must not stay in memory.
            (_stay ??= new(this, () => Keys.IsEmpty)).Begin();
        }
    }
}
