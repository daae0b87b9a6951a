using System.Net;
using System.Text.Json.Nodes;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Http;

namespace Krewe.Tests.Http;

/// <summary>What needs no token: liveness, readiness and the schema.</summary>
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
    public void Readiness_UntilEveryPartHasTold_IsNot()
    {
        var readiness = new Readiness("Test", "storage", "listeners");
        Assert.False(readiness.IsReady);
        readiness.Report("storage", true);
        Assert.False(readiness.IsReady);
        readiness.Report("listeners", true);
        Assert.True(readiness.IsReady);
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
}
