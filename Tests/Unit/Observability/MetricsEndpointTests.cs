using System.Net;
using System.Net.Http.Headers;
using Krewe.Contracts.Hosting;
using Krewe.Frontend.Observability;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Krewe.Tests.Unit.Observability;

public sealed class MetricsEndpointTests : IAsyncLifetime
{
    private const string Token = "the-providers-token";

    private readonly HttpClient _http = new();
    private IPAddress _peer = IPAddress.Loopback;
    private WebApplication? _app;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(new KreweOptions { Data = "", AdminToken = Token });
        builder.Services.AddKreweMetrics();
        _app = builder.Build();
        _app.Use((context, next) =>
        {
            context.Connection.RemoteIpAddress = _peer;
            return next();
        });
        _app.MapKreweMetrics();
        await _app.StartAsync();
        _http.BaseAddress = new Uri(_app.Urls.Single());
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _app!.DisposeAsync();
    }

    [Fact]
    public async Task Metrics_FromLoopback_AreOpenMetricsWithTheProcess()
    {
        using var response = await GetAsync();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/openmetrics-text; version=1.0.0; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        var text = OpenMetricsText.Parse(await response.Content.ReadAsStringAsync());
        Assert.True(text["krewe_process_cpu_seconds_total"] > 0);
        Assert.True(text["krewe_process_working_set_bytes"] > 1_000_000);
        Assert.True(text["krewe_process_gc_heap_bytes"] > 0);
        Assert.True(text["krewe_process_pool_queue"] >= 0);
    }

    [Theory]
    [InlineData("Forwarded", "for=192.0.2.1")]
    [InlineData("X-Forwarded-For", "127.0.0.1")]
    [InlineData("x-forwarded-proto", "https")]
    [InlineData("Via", "1.1 proxy")]
    [InlineData("X-Real-IP", "127.0.0.1")]
    public async Task Metrics_FromLoopbackThroughAProxy_NeedTheToken(string header, string value)
    {
        using var refused = await GetAsync(header: (header, value));
        using var allowed = await GetAsync(Token, (header, value));

        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal("application/problem+json", refused.Content.Headers.ContentType!.MediaType);
        Assert.Equal("Bearer", refused.Headers.WwwAuthenticate.Single().Scheme);
        Assert.Equal(HttpStatusCode.OK, allowed.StatusCode);
    }

    [Theory]
    [InlineData("192.0.2.7", null, HttpStatusCode.Unauthorized)]
    [InlineData("192.0.2.7", "the-providers-toke", HttpStatusCode.Unauthorized)]
    [InlineData("192.0.2.7", "the-providers-token2", HttpStatusCode.Unauthorized)]
    [InlineData("192.0.2.7", Token, HttpStatusCode.OK)]
    [InlineData("::ffff:192.0.2.7", null, HttpStatusCode.Unauthorized)]
    [InlineData("::ffff:127.0.0.1", null, HttpStatusCode.OK)]
    [InlineData("::1", null, HttpStatusCode.OK)]
    public async Task Metrics_ByPeerAndToken_AreGivenOrRefused(string peer, string? token, HttpStatusCode expected)
    {
        _peer = IPAddress.Parse(peer);
        using var response = await GetAsync(token);

        Assert.Equal(expected, response.StatusCode);
    }

    private async Task<HttpResponseMessage> GetAsync(string? token = null, (string Name, string Value)? header = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        if (header is { } extra)
        {
            request.Headers.TryAddWithoutValidation(extra.Name, extra.Value);
        }

        return await _http.SendAsync(request);
    }
}
