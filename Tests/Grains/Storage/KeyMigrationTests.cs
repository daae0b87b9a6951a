using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Grains.Hosts;
using Krewe.Grains.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Tests.Grains.Storage;

/// <summary>Keys that were stored as a part of their host are good as before.</summary>
public sealed class KeyMigrationTests
{
    private const string Hash = "K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=";

    private const string Key = $$"""{"key":{"id":"0011223344556677","name":"app","scopes":["roster","muc"],"createdAt":"2026-01-01T00:00:00+00:00"},"hash":"{{Hash}}"}""";

    [Fact]
    public async Task Keys_OfHostsFromTheApiAndFromFiles_AreRead_AndTheHostsAreAsTheyWere()
    {
        using var folder = new DataFolder();
        SqliteDatabase.Open(folder.Path, new SqliteSchema([SqliteSchema.Current.Steps[0]])).Dispose();
        Put(folder, "api.example", $$"""{"json":"{ \"tenant\": \"Öl \\\"&\\\" Gas\" }","version":7,"keys":[{{Key}}]}""");
        Put(folder, "file.example", $$"""{"version":0,"keys":[{{Key}}]}""");
        Put(folder, "plain.example", """{"json":"{}","version":9,"keys":[]}""");

        await using var silo = await StorageSilo.StartAsync(folder.Options, services => services
            .AddKreweHostFiles(folder.Options).AddSingleton<IHostSettingsSource, HostSettingsCache>());

        foreach (var host in (string[])["api.example", "file.example"])
        {
            Assert.Equal("roster muc", string.Join(" ", (await silo.Grains.HostKeys(host).VerifyAsync("0011223344556677", "secret"))!.Scopes));
            Assert.Null(await silo.Grains.HostKeys(host).VerifyAsync("0011223344556677", "another"));
        }

        Assert.Empty(await silo.Grains.HostKeys("plain.example").ListAsync());
        Assert.Equal((7L, """{ "tenant": "Öl \"&\" Gas" }"""), (await silo.Grains.Host("api.example").GetAsync() is var host1 ? (host1.Version, host1.Json) : default));
        Assert.Equal(9, (await silo.Grains.Host("plain.example").GetAsync()).Version);
        Assert.Null((await silo.Grains.Host("file.example").GetAsync()).Json);
        Assert.Equal(0L, folder.Scalar("SELECT count(*) FROM grain_state WHERE key = 'file.example' AND state = 'host' OR CAST(json AS TEXT) LIKE '%\"keys\"%' AND state = 'host'"));

        // They are changed like any others.
        Assert.True(await silo.Grains.HostKeys("api.example").DeleteAsync("0011223344556677"));
        Assert.Null(await silo.Grains.HostKeys("api.example").VerifyAsync("0011223344556677", "secret"));
        Assert.Equal(HostChangeOutcome.Replaced, (await silo.Grains.Host("api.example").PutAsync("""{ "isolate": true }""", 7, isProvider: true)).Outcome);
    }

    private static void Put(DataFolder folder, string host, string json)
    {
        using var connection = folder.Connect();
        using var command = connection.CreateCommand();
        command.CommandText = "INSERT INTO grain_state (storage, state, key, etag, json) VALUES ('settings', 'host', $host, 3, CAST($json AS BLOB))";
        command.Parameters.AddWithValue("$host", host);
        command.Parameters.AddWithValue("$json", json);
        command.ExecuteNonQuery();
    }
}
