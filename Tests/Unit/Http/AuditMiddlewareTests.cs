using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using Krewe.Contracts.Audit;
using Krewe.Contracts.Hosting;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Http;
using Krewe.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Tests.Unit.Http;

/// <summary>What becomes of requests that do not end as they should: they are told all the same, and their answers do not suffer from it.</summary>
public sealed class AuditMiddlewareTests
{
    private readonly ConcurrentQueue<(string Log, AuditEntry Entry)> _written = new();
    private readonly FakeHosts _hosts = new();

    [Fact]
    public async Task Request_ThatFails_IsAChange_AndItsFailureIsPassedOn()
    {
        await Assert.ThrowsAsync<InvalidDataException>(() => RunAsync(_ => throw new InvalidDataException()));

        Assert.Equal(("/changes", 500), (Assert.Single(_written).Log, _written.First().Entry.Status));
    }

    [Fact]
    public async Task Request_WhoseHostDoesNotAnswer_IsAnswered_AndToldInTheProvidersLog()
    {
        var http = await RunAsync(http =>
        {
            http.Features.Set(new AuditedHost("verona.example"));
            http.Response.StatusCode = StatusCodes.Status204NoContent;
            return Task.CompletedTask;
        });

        Assert.Equal(StatusCodes.Status204NoContent, http.Response.StatusCode);
        Assert.Equal(("/changes", 204), (Assert.Single(_written).Log, _written.First().Entry.Status));
    }

    [Fact]
    public async Task Request_WhoseCallerWentAway_MayHaveChangedSomething()
    {
        _hosts.Set(HostSettings.Default("verona.example"));
        await RunAsync(http =>
        {
            http.Features.Set(new AuditedHost("verona.example"));
            http.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return Task.CompletedTask;
        });

        Assert.Equal(("verona.example/changes", "PUT /api/v1/hosts/{host}"), (Assert.Single(_written).Log, _written.First().Entry.What));
    }

    [Fact]
    public async Task Request_ForNoEndpoint_IsNotTold()
    {
        await RunAsync(_ => Task.CompletedTask, endpoint: false);

        Assert.Empty(_written);
    }

    private async Task<HttpContext> RunAsync(RequestDelegate next, bool endpoint = true)
    {
        var (grains, grainDouble) = GrainFactoryDouble.Create();
        grainDouble.With(_ => GrainDouble.Create<IHostGrain>((_, _) => Task.FromException<HostDocument>(new TimeoutException())));
        grainDouble.With(key => GrainDouble.Create<IAuditLogGrain>((_, arguments) =>
        {
            foreach (var entry in (ImmutableArray<AuditEntry>)arguments[0]!)
            {
                _written.Enqueue((key, entry));
            }

            return Task.CompletedTask;
        }));
        var time = new FakeTimeProvider();
        var middleware = new AuditMiddleware(
            next, new AuditQueue(grains, time, NullLogger<AuditQueue>.Instance), new SignIns(time), _hosts, new HostTenants(_hosts, grains),
            new KreweOptions { Data = "", AdminToken = "" }, time);
        var http = new DefaultHttpContext();
        http.Connection.RemoteIpAddress = IPAddress.Loopback;
        (http.Request.Method, http.Request.Path) = ("PUT", "/api/v1/hosts/verona.example");
        if (endpoint)
        {
            http.SetEndpoint(new RouteEndpoint(next, RoutePatternFactory.Parse("/api/v1/hosts/{host}"), 0, null, null));
        }

        await middleware.InvokeAsync(http).WaitAsync(Timeouts.Test);
        return http;
    }
}
