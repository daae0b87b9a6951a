using System.Net;
using Krewe.Contracts.Hosting;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Storage;
using Krewe.Grains.Muc;
using Krewe.Grains.Sessions;
using Krewe.Grains.Storage;
using Krewe.Tests.Grains.Storage;
using Krewe.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;

namespace Krewe.Tests.Grains.Muc.Rooms;

/// <summary>A silo with the rooms, the decisions about joins and the real storage, which outlives it; the frontends are the tests' own.</summary>
public sealed class RoomSilo : IAsyncLifetime
{
    private readonly DataFolder _folder = new();
    private StorageSilo _silo = null!;

    internal IGrainFactory Grains => _silo.Grains;

    /// <summary>Of the process itself, where the frontends are.</summary>
    internal IGrainFactory Inside => _silo.Services.GetRequiredService<IGrainFactory>();

    internal FakeHosts Hosts { get; } = new();

    internal GrainTime Time { get; } = new();

    /// <summary>Between the rooms and the disk.</summary>
    internal WriteGate Writes { get; } = new();

    public async Task InitializeAsync() => _silo = await StorageSilo.StartAsync(
        _folder.Options with { EgressAllow = [new EgressAllowance(IPNetwork.Parse("127.0.0.0/8"), null)] },
        services =>
        {
            services.AddSingleton(_folder.Options with { EgressAllow = [new EgressAllowance(IPNetwork.Parse("127.0.0.0/8"), null)] });
            services.AddSingleton<TimeProvider>(Time);
            services.AddSingleton<IHostSettingsSource>(Hosts);
            services.AddSingleton<FrontendLanes>();
            services.AddKreweMuc();
            services.AddKeyedSingleton<IGrainStorage>(
                StorageNames.Rooms, (provider, _) => new HeldStorage(new SqliteGrainStorage(StorageNames.Rooms, provider.GetRequiredService<SqliteDatabase>()), Writes));
        });

    public async Task DisposeAsync()
    {
        await _silo.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>Every activation is gone; what is on disk is there.</summary>
    internal async Task RestartAsync()
    {
        await _silo.DisposeAsync();
        await InitializeAsync();
    }

    /// <summary>Whether a state is on disk.</summary>
    internal bool IsStored(string key) => Convert.ToInt64(CountOf(key), System.Globalization.CultureInfo.InvariantCulture) > 0;

    private object CountOf(string key)
    {
        using var connection = _folder.Connect();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM grain_state WHERE key = $key";
        command.Parameters.AddWithValue("$key", key);
        return command.ExecuteScalar()!;
    }
}
