using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Krewe.Contracts.Accounts;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Tests.Support;
using Krewe.Tests.Transcripts;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Tests.Http;

/// <summary>Contract §4: everything of a host in one document, and nothing of it left.</summary>
public sealed class ExportAndErasureTests : IAsyncLifetime, IDisposable
{
    private const string Domain = "verona.example";
    private const string Other = "mantua.example";
    private const string Rooms = $"rooms.{Domain}";
    private const string Host = $"api/v1/hosts/{Domain}";
    private const string Secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz";

    private readonly string _data = Directory.CreateTempSubdirectory("krewe-erasure-").FullName;
    private KreweServer _krewe = null!;

    public async Task InitializeAsync()
    {
        _krewe = await StartAsync();
        foreach (var domain in (string[])[Domain, Other])
        {
            await _krewe.PutHostAsync(domain, new JsonObject
            {
                ["c2s_require_encryption"] = false,
                ["allow_unencrypted_plain_auth"] = true,
                ["hook_secret"] = Secret,
                ["tenant"] = "capulet",
                ["components"] = new JsonObject { [$"rooms.{domain}"] = new JsonObject { ["type"] = "muc" } },
            });
            await _krewe.PutAccountAsync(domain, "juliet");
            await _krewe.PutAccountAsync(domain, "romeo");
            await PutRoomAsync(domain);
        }
    }

    public async Task DisposeAsync() => await _krewe.DisposeAsync();

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task Export_HasEverything()
    {
        await FillAsync();

        var export = await ExportAsync("?secrets=true");

        Assert.Equal(("krewe-host-export", 1, Domain, true), ((string)export["format"]!, (int)export["version"]!, (string)export["host"]!, (bool)export["complete"]!));
        Assert.Equal(Secret, (string?)export["document"]!["hook_secret"]);
        Assert.Equal(["juliet", "romeo"], Localparts(export["accounts"]!));
        Assert.Equal(["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"], export["accounts"]![0]!["scram"]!.AsObject().Select(keys => keys.Key).Order());
        var roster = Assert.Single(export["rosters"]!.AsArray(), roster => (string)roster!["localpart"]! == "juliet")!;
        Assert.Equal(
            $$"""[{"jid":"nurse@{{Domain}}","name":"The nurse","subscription":"none","groups":["Family"]},{"jid":"romeo@{{Domain}}","subscription":"none","ask":"subscribe","groups":[]}]""",
            roster["items"]!.ToJsonString());
        var request = Assert.Single(Assert.Single(export["rosters"]!.AsArray(), roster => (string)roster!["localpart"]! == "romeo")!["requests"]!.AsArray())!;
        Assert.Equal($"juliet@{Domain}", (string?)request["from"]);
        var mailbox = Assert.Single(export["offline_messages"]!.AsArray())!;
        Assert.Equal("romeo", (string?)mailbox["localpart"]);
        var message = Assert.Single(mailbox["messages"]!.AsArray())!;
        Assert.Equal("Wherefore art thou?", XElement.Parse((string)message["xml"]!).Elements().Single(child => child.Name.LocalName == "body").Value);
        Assert.InRange((DateTimeOffset)message["received_at"]!, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow);
        var room = Assert.Single(export["rooms"]!.AsArray())!;
        Assert.Equal(($"garden@{Rooms}", "The garden", "sesame"), ((string)room["room"]!, (string)room["document"]!["roomname"]!, (string)room["document"]!["roomsecret"]!));
        Assert.Equal($$"""{"juliet@{{Domain}}":"owner","romeo@{{Domain}}":"member"}""", room["document"]!["affiliations"]!.ToJsonString());
        Assert.Equal("[]", export["user_delegations"]!.ToJsonString());
    }

    [Fact]
    public async Task Export_OfManyUsers_HasEachOnce_AndTheirKeysTakeAnotherHostBack()
    {
        await Task.WhenAll(Enumerable.Range(0, 250).Select(i => _krewe.PutAccountAsync(Domain, $"user{i:000}")));

        var export = await ExportAsync("?secrets=true");

        Assert.Equal([.. Enumerable.Range(0, 250).Select(i => $"user{i:000}").Concat(["juliet", "romeo"]).Order(StringComparer.Ordinal)], Localparts(export["accounts"]!));

        // What is exported is what the API takes.
        var account = export["accounts"]!.AsArray().First(account => (string)account!["localpart"]! == "user007")!;
        var (status, _) = await _krewe.SendAsync(HttpMethod.Put, $"api/v1/hosts/{Other}/accounts/user007", new JsonObject { ["scram"] = account["scram"]!.DeepClone() }.ToJsonString());
        Assert.Equal(201, status);
        await using var client = await LogInAsync("user007", Other);
    }

    [Fact]
    public async Task Export_WithoutSecrets_HasNone_AndForAKeyThereIsNoOther()
    {
        await FillAsync();
        var key = (string)JsonNode.Parse((await _krewe.SendAsync(HttpMethod.Post, $"{Host}/keys", """{ "name": "x", "scopes": ["settings"] }""")).Body)!["key"]!;
        foreach (var token in (string[])[KreweServer.AdminToken, key])
        {
            var text = (await ExportAsync("", token)).ToJsonString();
            Assert.Contains("Wherefore", text, StringComparison.Ordinal);
            Assert.DoesNotContain(Secret, text, StringComparison.Ordinal);
            Assert.DoesNotContain("sesame", text, StringComparison.Ordinal);
            Assert.DoesNotContain("stored_key", text, StringComparison.Ordinal);
        }

        using var refused = await GetAsync($"{Host}/export?secrets=true", key);
        await ApiFixture.AssertProblemAsync(refused, HttpStatusCode.Forbidden);
        using var elsewhere = await GetAsync($"api/v1/hosts/{Other}/export", key);
        await ApiFixture.AssertProblemAsync(elsewhere, HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Erase_LeavesNothingButTheDocument_AndTheOtherHosts()
    {
        await FillAsync();
        await using var juliet = await LogInAsync("juliet");
        await using var neighbour = await LogInAsync("juliet", Other);
        var before = await _krewe.SendAsync(HttpMethod.Get, Host, null);

        var (status, body) = await _krewe.SendAsync(HttpMethod.Post, $"{Host}/erase", "{}");

        Assert.True(status == 200, body);
        Assert.Equal("""{"sessions":1,"accounts":2,"rosters":2,"mailboxes":1,"rooms":1,"delegations":0}""", body);
        Assert.Contains("host-gone", await juliet.ReceiveTextAsync(), StringComparison.Ordinal);
        Assert.Equal(before, await _krewe.SendAsync(HttpMethod.Get, Host, null));
        Assert.Equal("settings domain, settings host", Stored(Domain));
        Assert.Contains("accounts account", Stored(Other), StringComparison.Ordinal);
        await neighbour.PingAsync();

        // The host goes on, as if new; and there is nothing more to erase.
        Assert.Equal("""{"sessions":0,"accounts":0,"rosters":0,"mailboxes":0,"rooms":0,"delegations":0}""", (await _krewe.SendAsync(HttpMethod.Post, $"{Host}/erase", "{}")).Body);
        await _krewe.PutAccountAsync(Domain, "juliet");
        await using var again = await LogInAsync("juliet");
        await again.SendAsync("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>");
        Assert.DoesNotContain((await again.ReceiveAsync())!.Descendants(), child => child.Name.LocalName == "item");
    }

    [Fact]
    public async Task Erase_ThatWasCutOff_LeavesTheHostClosed_AndIsFinishedByAskingAgain()
    {
        await FillAsync();

        // As far as a process comes that is killed then: the host is closed on disk, and half of it is gone.
        await _krewe.Services.GetRequiredService<IGrainFactory>().Host(Domain).BeginErasureAsync();
        await _krewe.Services.GetRequiredService<IGrainFactory>().Account(Jid.Parse($"juliet@{Domain}")).DeleteAsync();
        await _krewe.DisposeAsync();
        _krewe = await StartAsync();

        var listed = JsonNode.Parse((await _krewe.SendAsync(HttpMethod.Get, "api/v1/hosts", null)).Body)!["items"]!.AsArray().Single(host => (string)host!["host"]! == Domain)!;
        Assert.False((bool)listed["enabled"]!);
        Assert.Contains("being erased", (string?)listed["reason"], StringComparison.Ordinal);
        Assert.Contains("host-gone", await RefusalAsync(Domain), StringComparison.Ordinal);
        using var written = await _krewe.Http.PutAsync($"{Host}/accounts/paris", new StringContent("""{ "password": "secret" }""", Encoding.UTF8, "application/json"));
        await ApiFixture.AssertProblemAsync(written, HttpStatusCode.Conflict);

        // Its settings are its owner's meanwhile.
        Assert.Equal(200, (await _krewe.SendAsync(HttpMethod.Get, $"{Host}/accounts", null)).Status);
        Assert.Equal(201, (await _krewe.SendAsync(HttpMethod.Post, $"{Host}/keys", """{ "name": "x", "scopes": ["settings"] }""")).Status);

        var (status, body) = await _krewe.SendAsync(HttpMethod.Post, $"{Host}/erase", "{}");
        Assert.True(status == 200, body);
        Assert.Equal("""{"sessions":0,"accounts":1,"rosters":2,"mailboxes":1,"rooms":1,"delegations":0}""", body);
        Assert.Equal("settings domain, settings host, settings keys", Stored(Domain));
        await _krewe.PutAccountAsync(Domain, "paris");
        await using var paris = await LogInAsync("paris");
    }

    [Fact]
    public async Task Erase_WhileOthersWrite_LeavesNothing()
    {
        var stop = false;
        var writers = Enumerable.Range(0, 8).Select(async writer =>
        {
            for (var i = 0; !Volatile.Read(ref stop); i++)
            {
                await _krewe.SendAsync(HttpMethod.Put, $"{Host}/accounts/user{writer}-{i % 20}", """{ "password": "secret" }""");
            }
        }).ToArray();
        var (status, body) = await _krewe.SendAsync(HttpMethod.Post, $"{Host}/erase", "{}");
        Volatile.Write(ref stop, true);
        await Task.WhenAll(writers);

        // What was written behind its end is another life's: a second one finds that, and then there is nothing.
        Assert.True(status == 200, body);
        Assert.Equal(200, (await _krewe.SendAsync(HttpMethod.Post, $"{Host}/erase", "{}")).Status);
        Assert.Equal("settings domain, settings host", Stored(Domain));
        Assert.Empty(_krewe.Errors.Take());
    }

    [Fact]
    public async Task Erase_OfOneUser_LeavesTheOthers()
    {
        await FillAsync();
        await using var juliet = await LogInAsync("juliet");
        await using var romeo = await LogInAsync("romeo");

        var (status, body) = await _krewe.SendAsync(HttpMethod.Post, $"{Host}/erase", """{ "user": "Romeo" }""");

        // His mailbox was handed over as he came.
        Assert.True(status == 200, body);
        Assert.Equal("""{"sessions":1,"accounts":1,"rosters":1,"mailboxes":0,"rooms":1,"delegations":0}""", body);
        var export = await ExportAsync("");
        Assert.Equal(["juliet"], Localparts(export["accounts"]!));
        Assert.Equal(["juliet"], Localparts(export["rosters"]!));
        Assert.Equal($$"""{"juliet@{{Domain}}":"owner"}""", export["rooms"]![0]!["document"]!["affiliations"]!.ToJsonString());
        Assert.Contains("policy-violation", await romeo.ReceiveTextAsync(), StringComparison.Ordinal);
        await juliet.PingAsync();

        using var nobody = await _krewe.Http.PostAsync($"{Host}/erase", new StringContent("""{ "user": "a@b" }""", Encoding.UTF8, "application/json"));
        Assert.Equal(["$.user"], await ApiFixture.AssertProblemAsync(nobody, HttpStatusCode.UnprocessableEntity));
        using var misspelt = await _krewe.Http.PostAsync($"{Host}/erase", new StringContent("""{ "usr": "romeo" }""", Encoding.UTF8, "application/json"));
        await ApiFixture.AssertProblemAsync(misspelt, HttpStatusCode.BadRequest);
        Assert.Equal(["juliet"], Localparts((await ExportAsync(""))["accounts"]!));
    }

    [Fact]
    public async Task Removal_OfAHost_LeavesNothing_AlsoOfUsersWithoutAnAccount()
    {
        await FillAsync();
        await _krewe.Services.GetRequiredService<IGrainFactory>().Account(Jid.Parse($"romeo@{Domain}")).DeleteAsync();

        Assert.Equal(204, (await _krewe.SendAsync(HttpMethod.Delete, Host, null)).Status);

        Assert.Equal("", Stored(Domain));
    }

    private Task<KreweServer> StartAsync() => KreweServer.StartAsync(configure: options => options with { Data = _data });

    private async Task PutRoomAsync(string domain)
    {
        var room = new JsonObject
        {
            ["roomname"] = "The garden", ["passwordprotectedroom"] = true, ["roomsecret"] = "sesame", ["subject"] = "Night",
            ["affiliations"] = new JsonObject { [$"juliet@{domain}"] = "owner", [$"romeo@{domain}"] = "member" },
        };
        var (status, body) = await _krewe.SendAsync(HttpMethod.Put, $"api/v1/hosts/{domain}/muc/rooms/garden%40rooms.{domain}", room.ToJsonString());
        Assert.True(status == 201, body);
    }

    /// <summary>Juliet has a contact, asks Romeo for his presence and writes to him, who is not there.</summary>
    private async Task FillAsync()
    {
        await using var juliet = await LogInAsync("juliet");
        await juliet.SendAsync($"<iq type='set' id='s'><query xmlns='jabber:iq:roster'><item jid='nurse@{Domain}' name='The nurse'><group>Family</group></item></query></iq>");
        await juliet.SendAsync($"<presence type='subscribe' to='romeo@{Domain}'/>");
        await juliet.SendAsync($"<message to='romeo@{Domain}' type='chat'><body>Wherefore art thou?</body></message>");
        await juliet.FenceAsync();
    }

    private async Task<XmppActor> LogInAsync(string user, string domain = Domain)
    {
        var client = new XmppActor(isByteByByte: false);
        await client.LogInAsync(_krewe.C2S, user, domain, "balcony", domain);
        await client.SendAsync("<presence/>");
        await client.FenceAsync();
        return client;
    }

    private async Task<string> RefusalAsync(string domain)
    {
        await using var client = new XmppActor(isByteByByte: false);
        await client.ConnectAsync(_krewe.C2S);
        await client.SendAsync($"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='{domain}' version='1.0'>");
        return await client.ReceiveTextAsync();
    }

    private async Task<HttpResponseMessage> GetAsync(string path, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await _krewe.Http.SendAsync(request);
    }

    private async Task<JsonNode> ExportAsync(string query, string token = KreweServer.AdminToken)
    {
        using var answer = await GetAsync($"{Host}/export{query}", token);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }

    private static string[] Localparts(JsonNode list) => [.. list.AsArray().Select(item => (string)item!["localpart"]!)];

    /// <summary>Which states are on disk of a domain and of what is below it.</summary>
    /// <summary>Kinds of what is stored, but for what the bill is made of, which is written now and then and says nothing of anybody.</summary>
    private string Stored(string domain)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(_data, "krewe.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT group_concat(kind, ', ') FROM (SELECT DISTINCT storage || ' ' || state AS kind FROM grain_state WHERE domain LIKE '%' || $domain AND state NOT LIKE 'usage%' ORDER BY 1)";
        command.Parameters.AddWithValue("$domain", domain);
        return command.ExecuteScalar() as string ?? "";
    }
}
