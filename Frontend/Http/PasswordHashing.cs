using System.Collections.Immutable;
using Krewe.Contracts.Accounts;
using Krewe.Contracts.Hosting;

namespace Krewe.Frontend.Http;

/// <summary>
/// Derives stored keys of passwords (RFC 5802 §3) on the pool, one for each core at a time and hosts in turn: whoever sets many passwords at once must not take the
/// processor away from the streams, nor his turn from somebody who sets one.
/// </summary>
internal sealed class PasswordHashing
{
    private readonly HostTurns _turns = new(Environment.ProcessorCount);

    /// <exception cref="OperationCanceledException">The caller is gone.</exception>
    public async Task<ImmutableArray<ScramCredentials>> HashAsync(string host, string password, CancellationToken cancellationToken)
    {
        await _turns.TryEnterAsync(host, int.MaxValue, cancellationToken);
        try
        {
            return await Task.Run(() => ScramKeys.Create(password));
        }
        finally
        {
            _turns.Leave();
        }
    }
}
