using System.Text;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Stanzas;
using Krewe.Grains.Storage;
using Krewe.Tests.Support;
using Microsoft.Data.Sqlite;

namespace Krewe.Tests.Grains.Storage;

/// <summary>A database as the first version of Krewe wrote it becomes one of today at the start, behind a copy of itself.</summary>
public sealed class SqliteMigrationTests
{
    /// <summary>The first version's schema and rows, as its files have them.</summary>
    private const string Version1 =
        """
        PRAGMA journal_mode = WAL;
        CREATE TABLE grain_state (
            storage TEXT NOT NULL,
            state   TEXT NOT NULL,
            key     TEXT NOT NULL,
            domain  TEXT NOT NULL GENERATED ALWAYS AS (substr(key, instr(key, '@') + 1)) STORED,
            etag    INTEGER NOT NULL,
            json    BLOB NOT NULL,
            UNIQUE (storage, state, key));
        CREATE INDEX grain_state_domain ON grain_state (storage, state, domain, key);
        PRAGMA user_version = 1;
        """;

    [Fact]
    public async Task MessagesThatWaited_WhenAccountsDidNotSaySo_AreDeliveredAfterTheMigration()
    {
        using var folder = new DataFolder();
        MakeVersion1(folder);
        Insert(folder, "accounts", "account", "juliet@verona.example", """{"isEnabled":true,"scram":[{"hash":0,"salt":"c2FsdA==","iterations":4096,"storedKey":"AA==","serverKey":"AA=="}]}""");
        Insert(folder, "accounts", "account", "nurse@verona.example", """{"isEnabled":false,"scram":[]}""");
        Insert(folder, "accounts", "account", "romeo@verona.example", """{"isEnabled":true,"scram":[],"mayHaveMail":false}""");
        Insert(folder, "offline", "offline", "juliet@verona.example", """{"messages":[{"number":7,"receivedAt":"2026-11-21T09:00:00+00:00","message":{"kind":0,"type":1,"from":"romeo@verona.example/orchard","to":"juliet@verona.example","xml":"PG1lc3NhZ2UvPg==","toEnd":8}}]}""");
        Insert(folder, "offline", "offline", "romeo@verona.example", """{"messages":[]}""");

        await using var silo = await StorageSilo.StartAsync(folder.Options);

        var juliet = await silo.Grains.Account(Jid.Parse("juliet@verona.example")).GetAsync();
        Assert.True(juliet.MayHaveMail);
        Assert.Equal(4096, Assert.Single(juliet.Scram).Iterations);
        Assert.Equal((false, false), await silo.Grains.Account(Jid.Parse("nurse@verona.example")).GetAsync() is var nurse ? (nurse.MayHaveMail, nurse.IsEnabled) : default);

        // One that said something is believed.
        Assert.False((await silo.Grains.Account(Jid.Parse("romeo@verona.example")).GetAsync()).MayHaveMail);
        var waiting = Assert.Single(await silo.Grains.OfflineMessages(Jid.Parse("juliet@verona.example")).ListAsync());
        Assert.Equal((7, StanzaKind.Message), (waiting.Number, waiting.Message.Kind));

        // And is written as ever.
        await silo.Grains.Account(Jid.Parse("juliet@verona.example")).SetMayHaveMailAsync(false);
        Assert.Equal("blob", folder.Scalar("SELECT typeof(json) FROM grain_state WHERE key = 'juliet@verona.example' AND state = 'account'"));
    }

    [Fact]
    public void File_OfVersion1_IsCopiedAsItWas()
    {
        using var folder = new DataFolder();
        MakeVersion1(folder);
        Insert(folder, "accounts", "account", "juliet@verona.example", "{}");
        Insert(folder, "offline", "offline", "juliet@verona.example", "{}");
        var time = new FakeTimeProvider();

        SqliteDatabase.Open(folder.Path, time).Dispose();

        Assert.Equal((long)SqliteSchema.Current.Version, folder.Scalar("PRAGMA user_version"));
        Assert.Equal((long)SqliteSchema.ApplicationId, folder.Scalar("PRAGMA application_id"));
        var copy = Assert.Single(Directory.GetFiles(folder.Path, "krewe-v*"));
        Assert.Equal($"krewe-v1-{time.GetUtcNow():yyyyMMdd'T'HHmmss'Z'}.db", Path.GetFileName(copy));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(copy));
        }

        // The copy is a database of that version: put back in its place, it is what was there.
        using var before = new DataFolder();
        File.Copy(copy, before.File);
        Assert.Equal(1L, before.Scalar("PRAGMA user_version"));
        Assert.Equal("{}", Encoding.UTF8.GetString((byte[])before.Scalar("SELECT json FROM grain_state WHERE state = 'account'")!));

        // No migration, no copy.
        SqliteDatabase.Open(folder.Path, time).Dispose();
        Assert.Single(Directory.GetFiles(folder.Path, "krewe-v*"));
    }

    [Fact]
    public void Start_ThatDiedInTheMiddle_IsMadeGoodByTheNext()
    {
        using var folder = new DataFolder();
        MakeVersion1(folder);
        Insert(folder, "settings", "domain", "verona.example", "{}");

        // What a killed process leaves: a copy that was made and one that was not, and a transaction in the log without its end.
        File.WriteAllText($"{folder.File}.0123.unfinished", "half");
        File.WriteAllText(Path.Combine(folder.Path, "krewe-v1-20200101T000000Z.db"), "of an earlier attempt");
        using var killed = new DataFolder();
        using (var writer = folder.Connect())
        {
            // A cache of one page: what is not committed goes into the log all the same.
            Execute(
                writer,
                """
                PRAGMA cache_size = 1;
                BEGIN IMMEDIATE;
                UPDATE grain_state SET json = 'x';
                INSERT INTO grain_state (storage, state, key, etag, json)
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) SELECT 'settings', 'host', i || '.example', 1, '{}' FROM n;
                PRAGMA user_version = 2;
                """);
            Assert.InRange(new FileInfo($"{folder.File}-wal").Length, 100_000, long.MaxValue);
            foreach (var file in Directory.GetFiles(folder.Path))
            {
                File.Copy(file, Path.Combine(killed.Path, Path.GetFileName(file)));
            }
        }

        SqliteDatabase.Open(killed.Path).Dispose();

        Assert.Equal((long)SqliteSchema.Current.Version, killed.Scalar("PRAGMA user_version"));
        Assert.Equal("{}", Encoding.UTF8.GetString((byte[])killed.Scalar("SELECT json FROM grain_state")!));
        Assert.NotEqual("krewe-v1-20200101T000000Z.db", Path.GetFileName(Assert.Single(Directory.GetFiles(killed.Path, "krewe-v*"))));
        Assert.Empty(Directory.GetFiles(killed.Path, "*.unfinished"));
    }

    [Fact]
    public void File_OfAnotherProgram_WithAVersionOfItsOwn_StopsTheStart()
    {
        using var folder = new DataFolder();
        File.WriteAllBytes(folder.File, []);
        folder.Scalar("CREATE TABLE theirs (x)");
        folder.Scalar("PRAGMA user_version = 1");
        folder.Scalar("PRAGMA application_id = 7");

        Assert.Contains("not one of Krewe's", Assert.Throws<StorageStartException>(folder.Open).Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Path, "krewe-v*"));
    }

    private static void MakeVersion1(DataFolder folder)
    {
        File.WriteAllBytes(folder.File, []);
        using var connection = folder.Connect();
        Execute(connection, Version1);
    }

    private static void Insert(DataFolder folder, string storage, string state, string key, string json)
    {
        using var connection = folder.Connect();
        using var command = connection.CreateCommand();
        command.CommandText = "INSERT INTO grain_state (storage, state, key, etag, json) VALUES ($storage, $state, $key, 1, $json)";
        command.Parameters.AddWithValue("$storage", storage);
        command.Parameters.AddWithValue("$state", state);
        command.Parameters.AddWithValue("$key", key);
        command.Parameters.AddWithValue("$json", Encoding.UTF8.GetBytes(json));
        command.ExecuteNonQuery();
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
