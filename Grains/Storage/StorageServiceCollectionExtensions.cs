using Krewe.Contracts.Hosting;
using Krewe.Contracts.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Runtime.Hosting;

namespace Krewe.Grains.Storage;

internal static class StorageServiceCollectionExtensions
{
    /// <summary>Adds every durable storage (<see cref="StorageNames.Durable"/>) and the key index, in one file of the data folder.</summary>
    public static IServiceCollection AddKreweStorage(this IServiceCollection services, KreweOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => SqliteDatabase.Open(options.Data, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IGrainKeyIndex, SqliteKeyIndex>();
        services.AddSingleton<IStoreBackup>(provider => provider.GetRequiredService<SqliteDatabase>().Backup);
        services.AddHostedService<StorageLifetime>();
        foreach (var name in StorageNames.Durable)
        {
            services.AddGrainStorage(name, static (provider, name) => new SqliteGrainStorage(name, provider.GetRequiredService<SqliteDatabase>()));
        }

        return services;
    }
}
