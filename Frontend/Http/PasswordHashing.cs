using System.Collections.Immutable;
using Krewe.Contracts.Accounts;

namespace Krewe.Frontend.Http;

/// <summary>
/// Derives stored keys of passwords (RFC 5802 §3) on the pool, one for each core at a time: whoever sets many passwords at once must not take the
/// processor away from the streams.
/// </summary>
internal sealed class PasswordHashing : IDisposable
{
    private readonly SemaphoreSlim _slots = new(Environment.ProcessorCount);

    public async Task<ImmutableArray<ScramCredentials>> HashAsync(string password)
    {
        await _slots.WaitAsync();
        try
        {
            return await Task.Run(() => ScramKeys.Create(password));
        }
        finally
        {
            _slots.Release();
        }
    }

    public void Dispose() => _slots.Dispose();
}
