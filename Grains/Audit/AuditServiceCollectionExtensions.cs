using Krewe.Contracts.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Krewe.Grains.Audit;

internal static class AuditServiceCollectionExtensions
{
    /// <summary>Adds what the audit logs need besides the storage.</summary>
    public static IServiceCollection AddKreweAudit(this IServiceCollection services, KreweOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(new AuditKeeping(options.AuditKeptFor));
        services.AddSingleton<AuditRetention>();
        services.AddHostedService(provider => provider.GetRequiredService<AuditRetention>());
        return services;
    }
}
