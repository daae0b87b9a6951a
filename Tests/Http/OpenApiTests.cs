using System.Net;
using System.Text.Json.Nodes;
using Krewe.Frontend.Observability;
using Krewe.Tests.Defects;
using Krewe.Tests.Unit.Observability;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Tests.Http;

/// <summary>The API of the whole process: its description is complete, it is ready, and what it refuses is counted.</summary>
public sealed class OpenApiTests(RunningKrewe krewe) : IClassFixture<RunningKrewe>
{
    /// <summary>The description does not describe itself.</summary>
    private const string Self = "/openapi/";

    [Fact]
    public async Task Description_HasEveryEndpoint()
    {
        var described = (await PathsAsync()).SelectMany(path => Operations(path.Value!).Select(operation => $"{operation.Key.ToUpperInvariant()} {path.Key}"));
        var mapped = krewe.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.RoutePattern.RawText?.StartsWith(Self, StringComparison.Ordinal) == false)
            .SelectMany(endpoint => endpoint.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods
                .Select(method => $"{method} {endpoint.RoutePattern.RawText!.Replace("**", "", StringComparison.Ordinal)}"));

        Assert.Equal(mapped.Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
        Assert.Contains("GET /metrics", described);
        Assert.Contains("POST /roster_admin/refresh", described);
    }

    [Fact]
    public async Task Description_OfEachOperation_HasWordsAndEveryParameterOfItsPath()
    {
        foreach (var (path, operations) in await PathsAsync())
        {
            foreach (var (method, operation) in Operations(operations!))
            {
                Assert.NotEmpty((string)operation!["summary"]!);
                Assert.NotEmpty(operation["responses"]!.AsObject());
                var parameters = operation["parameters"]?.AsArray() ?? [];
                Assert.Equal(
                    path.Split('{').Skip(1).Select(part => part.Split('}')[0]).Order(),
                    parameters.Where(parameter => (string?)parameter!["in"] == "path").Select(parameter => (string?)parameter!["name"]).Order());
                Assert.All(parameters, parameter => Assert.False(string.IsNullOrEmpty((string?)parameter!["description"]), $"{method} {path}: {parameter["name"]}"));
            }
        }
    }

    [Theory]
    [InlineData("get", "/api/v1/hosts", "after", "limit")]
    [InlineData("get", "/api/v1/hosts/{host}", "effective", "explain")]
    [InlineData("put", "/api/v1/defaults", "If-Match", "If-None-Match")]
    [InlineData("get", "/api/v1/hosts/{host}/versions", "after", "limit")]
    [InlineData("get", "/api/v1/hosts/{host}/versions/{version}/diff", "to")]
    [InlineData("post", "/api/v1/hosts/{host}/versions/{version}/restore", "If-Match", "If-None-Match")]
    [InlineData("post", "/api/v1/hosts/{host}/suspend", "If-Match", "If-None-Match")]
    [InlineData("put", "/api/v1/hosts/{host}", "If-Match", "If-None-Match")]
    [InlineData("delete", "/api/v1/hosts/{host}", "If-Match", "If-None-Match")]
    [InlineData("get", "/api/v1/hosts/{host}/export", "secrets")]
    [InlineData("get", "/api/v1/hosts/{host}/keys", "after", "limit")]
    [InlineData("get", "/api/v1/tenants/{tenant}/keys", "after", "limit")]
    [InlineData("get", "/api/v1/hosts/{host}/audit", "after", "limit", "since", "until")]
    [InlineData("get", "/api/v1/audit", "after", "limit", "since", "until")]
    [InlineData("get", "/api/v1/hosts/{host}/accounts", "after", "limit")]
    [InlineData("get", "/api/v1/hosts/{host}/sessions", "after", "limit")]
    [InlineData("get", "/api/v1/hosts/{host}/delegations", "after", "limit")]
    [InlineData("get", "/api/v1/hosts/{host}/hooks", "after", "limit")]
    [InlineData("get", "/api/v1/hosts/{host}/usage", "since")]
    [InlineData("get", "/api/v1/hosts/{host}/muc/rooms", "service", "after", "limit")]
    [InlineData("delete", "/api/v1/hosts/{host}/muc/rooms/{room}", "reason", "alternate")]
    [InlineData("get", "/api/v1/hosts/{host}/rooms/{room}/occupants", "after", "limit")]
    [InlineData("delete", "/api/v1/hosts/{host}/rooms/{room}/occupants/{nick}", "reason")]
    [InlineData("post", "/api/v1/hosts/{host}/rosters/refresh", "Prefer")]
    [InlineData("post", "/roster_admin/refresh", "Prefer", "host")]
    [InlineData("get", "/roster_admin/refresh/{localpart}", "Prefer", "host")]
    public async Task Description_NamesWhatAnOperationReadsBesideItsBody(string method, string path, params string[] names) => Assert.Equal(
        names, (await PathsAsync())[path]![method]!["parameters"]!.AsArray().Where(parameter => (string?)parameter!["in"] != "path").Select(parameter => (string?)parameter!["name"]));

    [Fact]
    public async Task Description_OfTheRefresh_HasItsBodyAndItsAnswers()
    {
        var document = await DocumentAsync();
        var refresh = document["paths"]!["/api/v1/hosts/{host}/rosters/refresh"]!["post"]!;

        var body = refresh["requestBody"]!["content"]!["application/json"]!["schema"]!;
        Assert.Equal(("array", "string"), ((string?)body["type"], (string?)body["items"]!["type"]));
        Assert.Equal(["200", "202", "400", "401", "403", "404", "413", "429"], refresh["responses"]!.AsObject().Select(answer => answer.Key).Order());
        foreach (var status in (string[])["200", "202", "400"])
        {
            var reference = (string)refresh["responses"]![status]!["content"]!["application/json"]!["schema"]!["$ref"]!;
            var schema = document["components"]!["schemas"]![reference.Split('/')[^1]]!;
            Assert.Equal(["details", "errors", "message", "status", "updated"], schema["properties"]!.AsObject().Select(property => property.Key).Order());
        }

        foreach (var status in (string[])["401", "403", "404", "413", "429"])
        {
            Assert.NotNull(refresh["responses"]![status]!["content"]!["application/problem+json"]);
        }
    }

    [Theory]
    [InlineData("put", "/api/v1/hosts/{host}/muc/rooms/{room}", "RoomBody", "200", "201", "400", "401", "403", "404", "409", "413", "422", "429")]
    [InlineData("post", "/api/v1/hosts/{host}/muc/decisions/invalidate", "InvalidationBody", "200", "400", "401", "403", "404", "413", "422", "429", "503")]
    public async Task Description_OfWhatIsSentAboutRooms_HasItsBodyAndItsAnswers(string method, string path, string body, params string[] statuses)
    {
        var operation = (await PathsAsync())[path]![method]!;

        Assert.EndsWith($"/{body}", (string?)operation["requestBody"]!["content"]!["application/json"]!["schema"]!["$ref"], StringComparison.Ordinal);
        Assert.Equal(statuses, operation["responses"]!.AsObject().Select(answer => answer.Key).Order());
    }

    [Fact]
    public async Task Description_TellsWhoNeedsAToken()
    {
        var document = await DocumentAsync();
        Assert.Equal("bearer", (string?)document["components"]!["securitySchemes"]!["bearer"]!["scheme"]);
        Assert.Equal("""[{"bearer":[]}]""", document["security"]!.ToJsonString());
        Assert.Equal("[{}]", document["paths"]!["/healthz"]!["get"]!["security"]!.ToJsonString());
        Assert.Equal("""[{},{"bearer":[]}]""", document["paths"]!["/metrics"]!["get"]!["security"]!.ToJsonString());
        Assert.Null(document["paths"]!["/api/v1/hosts"]!["get"]!["security"]);
    }

    [Fact]
    public async Task Readyz_OnceStarted_ListsEveryPart()
    {
        using var answer = await krewe.Stranger.GetAsync("/readyz");
        var body = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("""{"grain_host":true,"listeners":true,"storage":true}""", body["checks"]!.ToJsonString());
    }

    [Fact]
    public async Task Problems_AndRefusedStanzas_AreCounted()
    {
        var own = await RunningKrewe.StartAsync(options => options);
        try
        {
            await own.PutHostAsync("verona.example", null);
            using var unknown = await own.Provider.GetAsync("/api/v1/hosts/unknown.example");
            using var malformed = await own.Provider.PutAsync("/api/v1/hosts/bad.example", RunningKrewe.Json("{"));
            using var refresh = await own.Provider.PostAsync("/roster_admin/refresh?host=verona.example", RunningKrewe.Json("{}"));
            using var stranger = await own.Stranger.GetAsync("/api/v1/hosts");
            own.Services.GetRequiredService<FrontendInstruments>().Refused("not-allowed");

            var metrics = OpenMetricsText.Parse(await own.Stranger.GetStringAsync("/metrics"));
            Assert.Equal(
                [("400", 1), ("401", 1), ("404", 1), ("422", 1)],
                ((string[])["400", "401", "404", "422"]).Select(status => (status, metrics.Samples.GetValueOrDefault($"krewe_api_problems_total{{status=\"{status}\"}}"))));
            Assert.Equal(1, metrics["krewe_stanza_errors_total{condition=\"not-allowed\"}"]);
        }
        finally
        {
            await own.DisposeAsync();
        }
    }

    private static IEnumerable<KeyValuePair<string, JsonNode?>> Operations(JsonNode path) =>
        path.AsObject().Where(operation => operation.Key is "get" or "put" or "post" or "delete" or "patch" or "head" or "options");

    private async Task<JsonObject> PathsAsync() => (await DocumentAsync())["paths"]!.AsObject();

    private async Task<JsonNode> DocumentAsync() => JsonNode.Parse(await krewe.Stranger.GetStringAsync("/openapi/v1.json"))!;
}
