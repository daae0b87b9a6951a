using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Krewe.Demo.Contacts;

namespace Krewe.Tests.Demo;

public sealed class ContactsAppTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("krewe-demo-").FullName;
    private readonly HttpClient _http = new();
    private ContactsApp? _app;

    public Task InitializeAsync()
    {
        Start();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _app!.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Roster_OfAKnownUser_IsTheDocumentThatKreweReads()
    {
        var roster = (await _http.GetFromJsonAsync<JsonObject>(At("verona.localhost/contacts/romeo")))!;

        Assert.Equal(["juliet@verona.localhost", "nurse@verona.localhost"], roster.Select(contact => contact.Key));
        Assert.Equal("""{"name":"Juliet","groups":["Capulets"],"subscription":"both"}""", roster["juliet@verona.localhost"]!.ToJsonString());
    }

    [Fact]
    public async Task Roster_AskedAgainWithItsTag_IsNotModified()
    {
        using var first = await _http.GetAsync(At("verona.localhost/contacts/romeo"));
        using var request = new HttpRequestMessage(HttpMethod.Get, At("verona.localhost/contacts/romeo"));
        request.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        using var second = await _http.SendAsync(request);

        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
    }

    [Theory]
    [InlineData("verona.localhost/contacts/hamlet")]
    [InlineData("elsewhere.localhost/contacts/romeo")]
    public async Task Roster_OfAnUnknownUser_IsNotFound(string path)
    {
        using var response = await _http.GetAsync(At(path));

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact]
    public async Task SetRoster_TellsKreweWithTheHostsKeyAndOutlivesTheProcess()
    {
        await using var krewe = await FakeKrewe.StartAsync();
        _app!.Connect(krewe.Url, new Dictionary<string, string> { ["verona.localhost"] = "verona-key" });

        using var response = await _http.PutAsJsonAsync(At("verona.localhost/contacts/juliet"), new Dictionary<string, object>
        {
            ["tybalt@verona.localhost"] = new { name = "Tybalt", groups = new[] { "Capulets" }, subscription = "from" },
        });

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(["""POST /roster_admin/refresh?host=verona.localhost Bearer verona-key ["juliet"]"""], krewe.Requests);
        await _app.DisposeAsync();
        Start();
        var roster = await _http.GetFromJsonAsync<JsonObject>(At("verona.localhost/contacts/juliet"));
        Assert.Equal("""{"tybalt@verona.localhost":{"name":"Tybalt","groups":["Capulets"],"subscription":"from"}}""", roster!.ToJsonString());
    }

    [Theory]
    [InlineData("""{"tybalt@verona.localhost":{"groups":[],"subscription":"remove"}}""")]
    [InlineData("""{"tybalt@verona.localhost":{"subscription":"both"}}""")]
    [InlineData("""{"tybalt@verona.localhost":null}""")]
    [InlineData("""[]""")]
    public async Task SetRoster_Bad_IsRefusedAndChangesNothing(string document)
    {
        var before = await _http.GetStringAsync(At("tenants"));
        using var content = new StringContent(document, null, "application/json");
        using var response = await _http.PutAsync(At("verona.localhost/contacts/juliet"), content);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(before, await _http.GetStringAsync(At("tenants")));
    }

    [Theory]
    [InlineData("juliet@verona.localhost", "ball", true)]
    [InlineData("romeo@verona.localhost", "ball", false)]
    [InlineData("juliet@elsinore.localhost", "ball", false)]
    [InlineData("romeo@verona.localhost", "square", true)]
    public async Task CanJoin_ByTheRoomsList_IsDecided(string user, string room, bool allowed)
    {
        var answer = await _http.GetFromJsonAsync<JsonObject>(
            At($"verona.localhost/can-join?userJID={user}&mucJID={room}@rooms.verona.localhost&nickname=x"));

        Assert.Equal(allowed, answer!["allowed"]!.GetValue<bool>());
    }

    [Fact]
    public async Task SetRoom_ChangesTheDecision()
    {
        using var response = await _http.PutAsJsonAsync(At("verona.localhost/rooms/ball"), new[] { "romeo" });

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.True((await _http.GetFromJsonAsync<JsonObject>(At("verona.localhost/can-join?userJID=romeo@verona.localhost&mucJID=ball@rooms.verona.localhost")))!["allowed"]!.GetValue<bool>());
        Assert.False((await _http.GetFromJsonAsync<JsonObject>(At("verona.localhost/can-join?userJID=juliet@verona.localhost&mucJID=ball@rooms.verona.localhost")))!["allowed"]!.GetValue<bool>());
    }

    [Fact]
    public async Task SetRoom_HasKreweAskAgainAboutTheRoom()
    {
        await using var krewe = await FakeKrewe.StartAsync();
        _app!.Connect(krewe.Url, new Dictionary<string, string> { ["verona.localhost"] = "verona-key" });

        using var response = await _http.PutAsJsonAsync(At("verona.localhost/rooms/ball"), new[] { "romeo" });

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(
            ["""POST /api/v1/hosts/verona.localhost/muc/decisions/invalidate Bearer verona-key {"room":"ball@rooms.verona.localhost"}"""], krewe.Requests);
        Assert.StartsWith("Krewe was told", (await response.Content.ReadFromJsonAsync<JsonObject>())!["message"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_IsHtml_AndOnlyUnderItsOwnName()
    {
        using var page = await _http.GetAsync(At(""));
        using var rebound = new HttpRequestMessage(HttpMethod.Get, At("tenants")) { Headers = { Host = "rebound.example" } };
        using var refused = await _http.SendAsync(rebound);

        Assert.Equal("text/html", page.Content.Headers.ContentType!.MediaType);
        Assert.Contains("<h1>Contacts</h1>", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
    }

    private Uri At(string path) => new(_app!.Url, path);

    private void Start() => _app = ContactsApp.Start(new IPEndPoint(IPAddress.Loopback, 0), Path.Combine(_folder, "demo", "contacts.json"));
}
