using Krewe.Demo;

namespace Krewe.Tests.Demo;

public sealed class DemoTenantsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("krewe-demo-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Ensure_OnAnEmptyKrewe_MakesHostsAccountsAndKeys()
    {
        await using var krewe = await FakeKrewe.StartAsync();
        var keys = await EnsureAsync(krewe);

        Assert.Equal(["elsinore.localhost", "verona.localhost"], keys.Keys.Order());
        Assert.Equal(
            """{"http_roster_url":"http://127.0.0.1:5290/verona.localhost/contacts/%s","components":{"rooms.verona.localhost":{"type":"muc","muc_http_auth_url":"http://127.0.0.1:5290/verona.localhost/can-join"},"pubsub.verona.localhost":{"type":"external","component_secret":"secret"}}}""",
            krewe["/api/v1/hosts/verona.localhost"]);
        Assert.Equal(
            """{"roomname":"The garden","affiliations":{"romeo@verona.localhost":"owner"}}""", krewe["/api/v1/hosts/verona.localhost/muc/rooms/garden@rooms.verona.localhost"]);
        Assert.Equal(5, krewe.Requests.Count(request => request.StartsWith("PUT ", StringComparison.Ordinal) && request.EndsWith("""{"password":"secret"}""", StringComparison.Ordinal)));
        var file = Path.Combine(_folder, "verona.localhost.key");
        Assert.Equal(keys["verona.localhost"], (await File.ReadAllTextAsync(file)).Trim());
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
    }

    [Fact]
    public async Task Ensure_Again_ChangesNothingAndKeepsTheKeys()
    {
        await using var krewe = await FakeKrewe.StartAsync();
        var first = await EnsureAsync(krewe);
        krewe.Forget();
        var second = await EnsureAsync(krewe);

        Assert.Equal(first, second);
        Assert.All(krewe.Requests, request => Assert.True(
            request.StartsWith("GET ", StringComparison.Ordinal) || (request.StartsWith("POST /roster_admin/refresh?host=", StringComparison.Ordinal) && request.EndsWith(" []", StringComparison.Ordinal)), request));
    }

    [Fact]
    public async Task Ensure_OnAHostWithoutRooms_AddsThemAndKeepsTheRest()
    {
        await using var krewe = await FakeKrewe.StartAsync();
        krewe["/api/v1/hosts/verona.localhost"] = """{"http_roster_wait":1}""";
        krewe["/api/v1/hosts/elsinore.localhost"] = """{"components":{}}""";
        await EnsureAsync(krewe);

        Assert.StartsWith("""{"http_roster_wait":1,"components":{"rooms.verona.localhost":""", krewe["/api/v1/hosts/verona.localhost"], StringComparison.Ordinal);
        Assert.Equal("""{"components":{}}""", krewe["/api/v1/hosts/elsinore.localhost"]);
    }

    [Fact]
    public async Task Ensure_OnAHostWithOnlyItsRooms_AddsTheOtherComponent()
    {
        const string Rooms = """
            "rooms.verona.localhost":{"type":"muc","muc_http_auth_url":"http://127.0.0.1:5290/verona.localhost/can-join"}
            """;
        await using var krewe = await FakeKrewe.StartAsync();
        krewe["/api/v1/hosts/verona.localhost"] = $$"""{"components":{ {{Rooms}} } }""";
        await EnsureAsync(krewe);

        Assert.Equal(
            "{\"components\":{" + Rooms + ""","pubsub.verona.localhost":{"type":"external","component_secret":"secret"}}}""", krewe["/api/v1/hosts/verona.localhost"]);
    }

    [Fact]
    public async Task Ensure_KeyRevoked_MakesANewOne()
    {
        await using var krewe = await FakeKrewe.StartAsync();
        var first = await EnsureAsync(krewe);
        krewe.RevokeKeys();

        Assert.NotEqual(first["verona.localhost"], (await EnsureAsync(krewe))["verona.localhost"]);
    }

    private async Task<Dictionary<string, string>> EnsureAsync(FakeKrewe krewe)
    {
        using var provider = new HttpClient { BaseAddress = krewe.Url, DefaultRequestHeaders = { Authorization = new("Bearer", "provider") } };
        return await new DemoTenants(provider, new Uri("http://127.0.0.1:5290/"), _folder).EnsureAsync(CancellationToken.None);
    }
}
