using Krewe.Contracts.Storage;
using Krewe.Grains.Storage;

namespace Krewe.Tests.Grains.Storage;

public class SqliteKeyIndexTests
{
    [Fact]
    public async Task List_PageByPage_IsEveryKeyOnceInOrdinalOrder()
    {
        using var folder = new DataFolder();
        await using var database = folder.Open();
        string[] hosts = ["z.example", "a.example", "ä.example", "A-1.example", "b.example"];
        await Task.WhenAll(hosts.Select(host => new HeldState<SampleState>(database, host, "settings", "host").WriteAsync()));
        await new HeldState<SampleState>(database, "other-state.example", "settings", "other").WriteAsync();
        IGrainKeyIndex index = new SqliteKeyIndex(database);

        var listed = new List<string>();
        string? after = null;
        while (await index.ListAsync("settings", "host", null, after, 2) is { IsEmpty: false } page)
        {
            Assert.True(page.Length <= 2);
            listed.AddRange(page);
            after = page[^1];
        }

        Assert.Equal(hosts.Order(StringComparer.Ordinal), listed);
        Assert.Equal(5, await index.CountAsync("settings", "host", null));
    }

    [Fact]
    public async Task List_OfADomain_IsItsAccountsAlone()
    {
        using var folder = new DataFolder();
        await using var database = folder.Open();
        string[] keys = ["romeo@verona", "juliet@verona", "romeo@verona.example", "romeo@notverona", "verona"];
        await Task.WhenAll(keys.Select(key => new HeldState<SampleState>(database, key, "accounts", "account").WriteAsync()));
        IGrainKeyIndex index = new SqliteKeyIndex(database);

        Assert.Equal<string>(["juliet@verona", "romeo@verona", "verona"], await index.ListAsync("accounts", "account", "verona", null, 10));
        Assert.Equal<string>(["romeo@verona", "verona"], await index.ListAsync("accounts", "account", "verona", "juliet@verona", 10));
        Assert.Equal(3, await index.CountAsync("accounts", "account", "verona"));
        Assert.Empty(await index.ListAsync("accounts", "account", "nowhere", null, 10));
    }

    [Fact]
    public async Task List_AfterClear_LacksTheKey()
    {
        using var folder = new DataFolder();
        await using var database = folder.Open();
        var state = new HeldState<SampleState>(database, "a.example", "settings", "host");
        await state.WriteAsync();
        await state.ClearAsync();

        Assert.Equal(0, await new SqliteKeyIndex(database).CountAsync("settings", "host", null, default));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(int.MaxValue, IGrainKeyIndex.KeysMax)]
    public async Task List_WithAnyLimit_IsBounded(int limit, int expected)
    {
        using var folder = new DataFolder();
        await using var database = folder.Open();
        await Task.WhenAll(Enumerable.Range(0, IGrainKeyIndex.KeysMax + 1).Select(n => new HeldState<SampleState>(database, $"{n}").WriteAsync()));

        Assert.Equal(expected, (await new SqliteKeyIndex(database).ListAsync("settings", "sample", null, null, limit, default)).Length);
    }

    [Theory]
    [InlineData(SqliteReader.ListSql, "(storage=? AND state=? AND key>?)")]
    [InlineData(SqliteReader.ListDomainSql, "(storage=? AND state=? AND domain=? AND key>?)")]
    [InlineData(SqliteReader.CountSql, "(storage=? AND state=?)")]
    [InlineData(SqliteReader.CountDomainSql, "(storage=? AND state=? AND domain=?)")]
    public void Question_IsOneRangeOfAnIndex(string sql, string range)
    {
        using var folder = new DataFolder();
        folder.Open().Dispose();
        using var connection = folder.Connect();
        using var command = connection.CreateCommand();
        command.CommandText = $"EXPLAIN QUERY PLAN {sql}";
        foreach (var name in new[] { "$storage", "$state", "$domain", "$after", "$limit" })
        {
            command.Parameters.AddWithValue(name, 1);
        }

        using var plan = command.ExecuteReader();
        Assert.True(plan.Read());
        Assert.EndsWith(range, plan.GetString(3), StringComparison.Ordinal);
        Assert.False(plan.Read());
    }
}
