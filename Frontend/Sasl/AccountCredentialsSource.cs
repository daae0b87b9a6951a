using Krewe.Contracts.Accounts;
using Krewe.Contracts.Addressing;
using Microsoft.Extensions.Logging;

namespace Krewe.Frontend.Sasl;

/// <summary>An account's stored keys, asked of its grain at each login: a password that was changed, or an account that was disabled, counts at once.</summary>
internal sealed partial class AccountCredentialsSource(IGrainFactory grains, ILogger<AccountCredentialsSource> logger) : IAccountCredentials
{
    public async ValueTask<AccountCredentials?> GetAsync(Jid account, CancellationToken cancellationToken)
    {
        try
        {
            return await grains.Account(account).GetAsync().WaitAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // A silo that is lost or a store that fails is the client's temporary-auth-failure (RFC 6120 §6.5.11), not the end of its stream.
            LogUnavailable(logger, exception);
            return null;
        }
    }

    public async ValueTask<bool> KnowAsync(Jid account, CancellationToken cancellationToken)
    {
        try
        {
            await grains.Account(account).KnowAsync().WaitAsync(cancellationToken);
            return true;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogUnavailable(logger, exception);
            return false;
        }
    }

    [LoggerMessage(2101, LogLevel.Warning, "An account could not be read or written; its login is answered with temporary-auth-failure")]
    private static partial void LogUnavailable(ILogger logger, Exception exception);
}
