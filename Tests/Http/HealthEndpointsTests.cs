using System.Net;
using System.Text.Json.Nodes;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Http;

namespace Krewe.Tests.Http;

/// <summary>What needs no token: liveness, readiness, the schema and the description of the API.</summary>
[Collection(ApiCollection.Name)]
public sealed class HealthEndpointsTests(ApiFixture api)
{
    [Fact]
    public async Task Healthz_IsAlive()
    {
        using var answer = await api.SendAsync(HttpMethod.Get, "/healthz", token: null);

        Assert.Equal((HttpStatusCode.OK, """{"status":"ok"}"""), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task Readyz_FollowsItsPartsAndNamesTheGrainHost()
    {
        api.Readiness.Report("listeners", false);
        using var starting = await api.SendAsync(HttpMethod.Get, "/readyz", token: null);
        Assert.Equal(
            (HttpStatusCode.ServiceUnavailable, """{"status":"starting","grain_host":"Test","checks":{"listeners":false}}"""),
            (starting.StatusCode, await starting.Content.ReadAsStringAsync()));

        api.Readiness.Report("listeners", true);
        using var ready = await api.SendAsync(HttpMethod.Get, "/readyz", token: null);
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        Assert.Equal("ready", (string?)JsonNode.Parse(await ready.Content.ReadAsStringAsync())!["status"]);
    }

    [Fact]
    public void Readiness_OnceItDrains_IsOver()
    {
        var readiness = new Readiness("Test");
        Assert.True(readiness.IsReady);
        readiness.Drain();
        Assert.False(readiness.IsReady);
    }

    [Fact]
    public async Task Schema_IsThePublishedOne()
    {
        using var answer = await api.SendAsync(HttpMethod.Get, "/api/v1/schema/host", token: null);

        Assert.Equal("application/schema+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal(HostSchema.Text, await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task OpenApi_DescribesEveryEndpointAndItsProblems()
    {
        using var answer = await api.SendAsync(HttpMethod.Get, "/openapi/v1.json", token: null);
        var description = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        var paths = description["paths"]!.AsObject();
        Assert.Equal(("Krewe", "bearer"), ((string?)description["info"]!["title"], (string?)description["components"]!["securitySchemes"]!["token"]!["scheme"]));

        Assert.Equal(
            ["/api/v1/hosts", "/api/v1/hosts/{host}", "/api/v1/hosts/{host}/accounts", "/api/v1/hosts/{host}/accounts/{localpart}", "/api/v1/hosts/{host}/keys",
             "/api/v1/hosts/{host}/keys/{id}", "/api/v1/hosts/{host}/rosters/{localpart}", "/api/v1/hosts/{host}/sessions", "/api/v1/hosts/{host}/sessions/{jid}",
             "/api/v1/schema/host", "/healthz", "/readyz"],
            paths.Select(path => path.Key).Order(StringComparer.Ordinal));
        var operations = paths.SelectMany(path => path.Value!.AsObject()).Where(operation => operation.Key is "get" or "put" or "post" or "delete").ToArray();
        Assert.All(operations, operation => Assert.NotEmpty((string)operation.Value!["summary"]!));
        Assert.NotNull(paths["/api/v1/hosts/{host}"]!["put"]!["responses"]!["422"]!["content"]!["application/problem+json"]);
    }
}
