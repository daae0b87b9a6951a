using Krewe.Contracts.Accounts;
using Krewe.Contracts.Addressing;
using Microsoft.Extensions.Logging;

namespace Krewe.Frontend.Sasl;

/// <summary>Where SASL asks whether a tenant's service knows a password.</summary>
internal interface IHttpAuthentication
{
    ValueTask<HttpAuthAnswer> CheckPasswordAsync(Jid account, string preparedPassword, CancellationToken cancellationToken);
}

/// <summary>The user's grain, which asks the service; one that cannot be reached is an outage as well.</summary>
internal sealed partial class HttpAuthentication(IGrainFactory grains, ILogger<HttpAuthentication> logger) : IHttpAuthentication
{
    public async ValueTask<HttpAuthAnswer> CheckPasswordAsync(Jid account, string preparedPassword, CancellationToken cancellationToken)
    {
        try
        {
            return await grains.HttpAuth(account).CheckPasswordAsync(new PasswordAttempt(preparedPassword)).WaitAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogUnavailable(logger, exception);
            return HttpAuthAnswer.Failed;
        }
    }

    [LoggerMessage(2104, LogLevel.Warning, "A user's service could not be asked; its login is answered with temporary-auth-failure")]
    private static partial void LogUnavailable(ILogger logger, Exception exception);
}
