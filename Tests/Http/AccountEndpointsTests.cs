using System.Net;
using System.Text.Json.Nodes;
using Krewe.Contracts.Accounts;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;

namespace Krewe.Tests.Http;

/// <summary>Accounts over HTTP: passwords, stored keys, disabling, deletion, lists.</summary>
[Collection(ApiCollection.Name)]
public sealed class AccountEndpointsTests(ApiFixture api)
{
    [Fact]
    public async Task Account_WithAPassword_HasKeysOfEveryMechanismAndNoPassword()
    {
        var (domain, path) = await NewAccountAsync();

        var account = await api.GetAsync(path);
        Assert.Equal(("romeo", $"romeo@{domain}", true), ((string?)account["localpart"], (string?)account["jid"], (bool)account["enabled"]!));
        Assert.Equal(["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"], account["mechanisms"]!.AsArray().Select(name => (string)name!));
        var stored = await api.Grains.Account(Jid.Parse($"romeo@{domain}")).GetAsync();
        Assert.All(stored.Scram, keys => Assert.Equal(
            ScramKeys.Derive("secret", keys.Hash, keys.Salt, keys.Iterations).StoredKey.ToArray(), keys.StoredKey.ToArray()));

        using var replaced = await api.SendAsync(HttpMethod.Put, path, """{ "password": "other" }""");
        Assert.Equal(HttpStatusCode.NoContent, replaced.StatusCode);
    }

    [Fact]
    public async Task Account_WithStoredKeys_HasThose()
    {
        var domain = await api.NewHostAsync();
        var keys = ScramKeys.Derive("secret", ScramHash.Sha256, "salt"u8.ToArray(), 4096);
        var body = new JsonObject { ["scram"] = new JsonObject { ["SCRAM-SHA-256"] = Keys(keys) }, ["enabled"] = false };

        using var answer = await api.SendAsync(HttpMethod.Put, $"/api/v1/hosts/{domain}/accounts/Romeo", body.ToJsonString());

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        var stored = await api.Grains.Account(Jid.Parse($"romeo@{domain}")).GetAsync();
        var only = Assert.Single(stored.Scram);
        Assert.Equal((false, ScramHash.Sha256, 4096), (stored.IsEnabled, only.Hash, only.Iterations));
        Assert.Equal(keys.ServerKey.ToArray(), only.ServerKey.ToArray());
    }

    [Theory]
    [InlineData("{}", "$")]
    [InlineData("""{ "password": "" }""", "$.password")]
    [InlineData("""{ "password": "a\u0007" }""", "$.password")]
    [InlineData("""{ "scram": {} }""", "$.scram")]
    [InlineData("""{ "password": "x", "scram": { "SCRAM-SHA-1": { "salt": "AA==", "iterations": 4096, "stored_key": "AA==", "server_key": "!" } } }""",
        "$", "$.scram['SCRAM-SHA-1'].stored_key", "$.scram['SCRAM-SHA-1'].server_key")]
    [InlineData("""{ "scram": { "SCRAM-MD5": {}, "SCRAM-SHA-1": {} } }""",
        "$.scram['SCRAM-MD5']", "$.scram['SCRAM-SHA-1'].salt", "$.scram['SCRAM-SHA-1'].stored_key", "$.scram['SCRAM-SHA-1'].server_key", "$.scram['SCRAM-SHA-1'].iterations")]
    public async Task Account_ThatIsNotValid_IsRefusedByPathAndNotMade(string body, params string[] paths)
    {
        var path = $"/api/v1/hosts/{await api.NewHostAsync()}/accounts/romeo";
        using var answer = await api.SendAsync(HttpMethod.Put, path, body);

        Assert.Equal(paths, await ApiFixture.AssertProblemAsync(answer, HttpStatusCode.UnprocessableEntity));
        using var read = await api.SendAsync(HttpMethod.Get, path);
        await ApiFixture.AssertProblemAsync(read, HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("ro%20meo")]
    [InlineData("romeo%2Fx")]
    [InlineData("romeo%40verona")]
    public async Task Localpart_ThatIsNone_IsRefused(string localpart)
    {
        using var answer = await api.SendAsync(HttpMethod.Put, $"/api/v1/hosts/{await api.NewHostAsync()}/accounts/{localpart}", """{ "password": "secret" }""");

        Assert.Equal(["{localpart}"], await ApiFixture.AssertProblemAsync(answer, HttpStatusCode.UnprocessableEntity));
    }

    [Fact]
    public async Task Localpart_WithAPercentSign_IsDecodedOnce()
    {
        var domain = await api.NewHostAsync();
        using var answer = await api.SendAsync(HttpMethod.Put, $"/api/v1/hosts/{domain}/accounts/a%252Fb", """{ "password": "secret" }""");

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.True((await api.Grains.Account(Jid.Parse($"a%2fb@{domain}")).GetAsync()).Exists);
    }

    [Fact]
    public async Task Account_Disabled_EndsItsStreamsAndStaysDisabled()
    {
        var (domain, path) = await NewAccountAsync();

        using var answer = await api.SendAsync(HttpMethod.Put, path, """{ "enabled": false }""");

        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Contains(($"romeo@{domain}", null, StreamEnd.PolicyViolation), api.Ended);
        Assert.False((bool)(await api.GetAsync(path))["enabled"]!);
        using var password = await api.SendAsync(HttpMethod.Put, path, """{ "password": "new" }""");
        Assert.False((bool)(await api.GetAsync(path))["enabled"]!);
        using var enabled = await api.SendAsync(HttpMethod.Put, path, """{ "enabled": true }""");
        Assert.True((bool)(await api.GetAsync(path))["enabled"]!);
    }

    [Fact]
    public async Task Account_ThatDoesNotExist_IsNotFound()
    {
        var path = $"/api/v1/hosts/{await api.NewHostAsync()}/accounts/romeo";
        foreach (var (method, body) in ((HttpMethod, string?)[])[(HttpMethod.Get, null), (HttpMethod.Delete, null), (HttpMethod.Put, """{ "enabled": false }""")])
        {
            using var answer = await api.SendAsync(method, path, body);
            await ApiFixture.AssertProblemAsync(answer, HttpStatusCode.NotFound);
        }
    }

    [Fact]
    public async Task Account_Deleted_IsGoneWithItsStreamsAndItsRoster()
    {
        var (domain, path) = await NewAccountAsync();

        using var answer = await api.SendAsync(HttpMethod.Delete, path);

        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Contains(($"romeo@{domain}", null, StreamEnd.PolicyViolation), api.Ended);
        Assert.Contains($"romeo@{domain}", api.ClearedRosters);
        using var read = await api.SendAsync(HttpMethod.Get, path);
        await ApiFixture.AssertProblemAsync(read, HttpStatusCode.NotFound);
    }

    /// <summary>Whoever gets the name next must not read what was meant for another.</summary>
    [Theory]
    [InlineData("/accounts/romeo")]
    [InlineData("")]
    public async Task MessagesThatWait_AreGoneWithTheAccountAndWithTheHost(string deleted)
    {
        var (domain, _) = await NewAccountAsync();
        var romeo = Jid.Parse($"romeo@{domain}");
        var message = new StanzaFrame(StanzaKind.Message, StanzaType.Chat, Jid.Parse("juliet@verona.localhost"), romeo, "m", "<message/>"u8.ToArray(), 8);
        Assert.True(await api.Grains.OfflineMessages(romeo).StoreAsync(message, 10));
        Assert.True(await api.Grains.OfflineMessages(romeo).StoreAsync(message, 10));

        using var answer = await api.SendAsync(HttpMethod.Delete, $"/api/v1/hosts/{domain}{deleted}");

        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Empty(await api.Grains.OfflineMessages(romeo).ListAsync());
    }

    [Fact]
    public async Task List_HasTheHostsOwnAccountsPageByPage()
    {
        var domain = await api.NewHostAsync();
        string[] names = ["benvolio", "juliet", "mercutio", "nurse", "romeo"];
        var scram = new JsonObject { ["scram"] = new JsonObject { ["SCRAM-SHA-1"] = Keys(ScramKeys.Derive("secret", ScramHash.Sha1, "salt"u8.ToArray(), 4096)) } };
        foreach (var name in names.Reverse())
        {
            using var made = await api.SendAsync(HttpMethod.Put, $"/api/v1/hosts/{domain}/accounts/{name}", scram.ToJsonString());
            Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        }

        await NewAccountAsync();
        var seen = new List<string>();
        for (string? next = ""; next is not null;)
        {
            var page = await api.GetAsync($"/api/v1/hosts/{domain}/accounts?limit=2&after={next}");
            seen.AddRange(page["items"]!.AsArray().Select(account => (string)account!["localpart"]!));
            next = (string?)page["next"];
        }

        Assert.Equal(names, seen);
    }

    [Fact]
    public async Task Body_ThatIsNotJson_IsNotQuoted()
    {
        using var answer = await api.SendAsync(HttpMethod.Put, $"/api/v1/hosts/{await api.NewHostAsync()}/accounts/romeo", """{ "password": hunter2 }""");

        await ApiFixture.AssertProblemAsync(answer, HttpStatusCode.BadRequest);
        Assert.DoesNotContain("hunter2", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Body_ThatIsTooLong_IsTooLarge()
    {
        using var answer = await api.SendAsync(
            HttpMethod.Put, $"/api/v1/hosts/{await api.NewHostAsync()}/accounts/romeo", $$"""{ "password": "{{new string('x', 70_000)}}" }""");

        await ApiFixture.AssertProblemAsync(answer, HttpStatusCode.RequestEntityTooLarge);
    }

    private static JsonObject Keys(ScramCredentials keys) => new()
    {
        ["salt"] = Convert.ToBase64String(keys.Salt.Span), ["iterations"] = keys.Iterations,
        ["stored_key"] = Convert.ToBase64String(keys.StoredKey.Span), ["server_key"] = Convert.ToBase64String(keys.ServerKey.Span),
    };

    private async Task<(string Domain, string Path)> NewAccountAsync()
    {
        var domain = await api.NewHostAsync();
        var path = $"/api/v1/hosts/{domain}/accounts/romeo";
        using var made = await api.SendAsync(HttpMethod.Put, path, """{ "password": "secret" }""");
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        return (domain, path);
    }
}
