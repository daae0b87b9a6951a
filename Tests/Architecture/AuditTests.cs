using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Krewe.Contracts.Audit;
using Krewe.Frontend.Http;
using Krewe.Tests.Defects;
using Krewe.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Tests.Architecture;

/// <summary>Nothing that the whole process lets one do by HTTP is missing in the audit log, also what will be mapped tomorrow.</summary>
public sealed class AuditTests(RunningKrewe krewe) : IClassFixture<RunningKrewe>
{
    [Fact]
    public async Task Endpoints_ThatMayChangeSomething_AreAllAudited()
    {
        var endpoints = krewe.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .SelectMany(endpoint => endpoint.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods
                .Where(AuditPolicy.MayChange).Select(method => (Method: method, Path: endpoint.RoutePattern.RawText!.Replace("**", "", StringComparison.Ordinal)))).ToArray();
        Assert.Contains(("PUT", "/api/v1/hosts/{host}"), endpoints);

        // Nobody's request to each: it is refused, and that must be told.
        foreach (var (method, path) in endpoints)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path.Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal));
            using var answer = await krewe.Stranger.SendAsync(request).WaitAsync(Timeouts.Test);
            Assert.True(answer.StatusCode == HttpStatusCode.Unauthorized, $"{method} {path} is {(int)answer.StatusCode} without a token");
        }

        await krewe.Services.GetRequiredService<AuditQueue>().WriteCollectedAsync();
        var log = JsonNode.Parse(await krewe.Provider.GetStringAsync("/api/v1/audit?limit=1000"))!["items"]!.AsArray();
        var told = log.Where(entry => (string?)entry!["kind"] == "refusal").Select(entry => (string?)entry!["what"]).ToHashSet();
        Assert.All(endpoints, endpoint => Assert.Contains($"{endpoint.Method} {endpoint.Path}", told));
    }

    [Fact]
    public async Task Log_OfAProcessThatStops_IsWritten()
    {
        await using var own = new Stopping(await RunningKrewe.StartAsync(options => options));
        await own.Krewe.PutHostAsync("verona.example", null);
        using var key = new AuthenticationHeader(own.Krewe, await own.Krewe.KeyAsync("verona.example", "settings"));
        using var refused = await key.Client.GetAsync("/api/v1/hosts/verona.example/accounts");

        await own.Krewe.RestartAsync();

        var log = JsonNode.Parse(await own.Krewe.Provider.GetStringAsync("/api/v1/hosts/verona.example/audit"))!["items"]!.AsArray();
        Assert.Equal(
            ["change POST /api/v1/hosts/{host}/keys 201", "change PUT /api/v1/hosts/{host} 201", "refusal GET /api/v1/hosts/{host}/accounts 403", "sign_in  "],
            log.Select(entry => $"{entry!["kind"]} {entry["what"]} {entry["status"]}").Order(StringComparer.Ordinal));
        var listed = JsonNode.Parse(await own.Krewe.Provider.GetStringAsync("/api/v1/hosts/verona.example/keys"))!["items"]!.AsArray();
        Assert.Equal("127.0.0.1", (string?)Assert.Single(listed)!["last_used_from"]);
    }

    [Theory]
    [InlineData("PUT", 200, AuditKind.Change)]
    [InlineData("POST", 202, AuditKind.Change)]
    [InlineData("DELETE", 204, AuditKind.Change)]
    [InlineData("PATCH", 200, AuditKind.Change)]
    [InlineData("PUT", 499, AuditKind.Change)]
    [InlineData("PUT", 500, AuditKind.Change)]
    [InlineData("POST", 503, AuditKind.Change)]
    [InlineData("PUT", 401, AuditKind.Refusal)]
    [InlineData("PUT", 403, AuditKind.Refusal)]
    [InlineData("PUT", 422, AuditKind.Refusal)]
    [InlineData("PUT", 429, AuditKind.Refusal)]
    [InlineData("GET", 401, AuditKind.Refusal)]
    [InlineData("GET", 403, AuditKind.Refusal)]
    [InlineData("PUT", 400, null)]
    [InlineData("PUT", 404, null)]
    [InlineData("PUT", 409, null)]
    [InlineData("PUT", 412, null)]
    [InlineData("GET", 200, null)]
    [InlineData("HEAD", 200, null)]
    [InlineData("GET", 500, null)]
    public void Requests_AreWhatTheirMethodAndStatusSay(string method, int status, AuditKind? kind) => Assert.Equal(kind, AuditPolicy.KindOf(method, status, endpoint: null));

    private sealed class AuthenticationHeader : IDisposable
    {
        public AuthenticationHeader(RunningKrewe krewe, string token)
        {
            Client = new HttpClient { BaseAddress = krewe.Stranger.BaseAddress };
            Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        public HttpClient Client { get; }

        public void Dispose() => Client.Dispose();
    }

    private sealed record Stopping(RunningKrewe Krewe) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await Krewe.DisposeAsync();
    }
}
