using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Krewe.Contracts.Hosting;
using Krewe.Grains.Outbound;
using Krewe.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Tests.Grains;

/// <summary>Outbound HTTP against a real server that does what servers must not do.</summary>
public sealed class OutboundHttpTests : IAsyncLifetime
{
    private const int BodyBytesMax = 1000;

    private readonly OutboundHttp _http = Http();
    private HookServer _hook = null!;

    public async Task InitializeAsync() => _hook = await HookServer.StartAsync();

    public async Task DisposeAsync()
    {
        await _hook.DisposeAsync();
        _http.Dispose();
    }

    [Fact]
    public async Task Call_Answered_HasBodyStatusAndETag()
    {
        _hook.Answers("{\"a\":1}", etag: "W/\"x\"");

        var response = await CallAsync();

        Assert.Equal((HookOutcome.Ok, 200, "W/\"x\""), (response.Outcome, response.Status, response.ETag));
        Assert.Equal("{\"a\":1}", Encoding.UTF8.GetString(response.Body.Span));
        Assert.True(response.Elapsed > TimeSpan.Zero);
    }

    [Theory]
    [InlineData(201)]
    [InlineData(204)]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(401)]
    [InlineData(404)]
    [InlineData(410)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task Call_OtherStatus_IsThatStatusAskedOnceAndNotFollowed(int status)
    {
        _hook.Handler = context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = $"{_hook.Url}/elsewhere";
            return Task.CompletedTask;
        };

        var response = await CallAsync();

        Assert.Equal((HookOutcome.Status, status), (response.Outcome, response.Status));
        Assert.Single(_hook.Requests);
    }

    [Fact]
    public async Task Call_NotModified_IsItsOwnOutcome()
    {
        _hook.Answers("", 304);

        var response = await CallAsync(request: new(Url()) { IfNoneMatch = "\"v 1\"" });

        Assert.Equal(HookOutcome.NotModified, response.Outcome);
        Assert.Equal("\"v 1\"", (await _hook.NextRequestAsync()).Headers["If-None-Match"]);
    }

    [Fact]
    public async Task Call_NobodyListens_IsConnectFailed()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();

        Assert.Equal(HookOutcome.ConnectFailed, (await CallAsync(request: new(new Uri($"http://127.0.0.1:{port}/")))).Outcome);
    }

    [Fact]
    public async Task Call_NameThatDoesNotResolve_IsConnectFailed() =>
        Assert.Equal(HookOutcome.ConnectFailed, (await CallAsync(request: new(new Uri("http://nobody.invalid/")))).Outcome);

    [Fact]
    public async Task Call_ClosedWithoutAnswer_IsTriedOnceMore()
    {
        _hook.Closes();

        Assert.Equal(HookOutcome.Closed, (await CallAsync()).Outcome);
        Assert.Equal(2, _hook.Requests.Count);
    }

    [Fact]
    public async Task Call_ClosedOnceAndThenAnswered_IsAnswered()
    {
        _hook.Handler = context =>
        {
            _hook.Answers("{}");
            context.Abort();
            return Task.CompletedTask;
        };

        Assert.Equal(HookOutcome.Ok, (await CallAsync()).Outcome);
    }

    [Fact]
    public async Task Call_Truncated_IsTruncatedAndNotRepeated()
    {
        _hook.Truncates("{\"a\":");

        Assert.Equal(HookOutcome.Truncated, (await CallAsync()).Outcome);
        Assert.Single(_hook.Requests);
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n\r\n")]
    [InlineData("\0\0\0\0")]
    [InlineData("HTTP/1.1 abc OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")]
    public async Task Call_NoHttp_IsAFailure(string garbage)
    {
        _hook.AnswersRaw(garbage);

        Assert.Contains((await CallAsync()).Outcome, new[] { HookOutcome.Malformed, HookOutcome.Closed, HookOutcome.Truncated });
    }

    [Fact]
    public async Task Call_HugeHeader_IsTooLarge()
    {
        _hook.AnswersRaw("HTTP/1.1 200 OK\r\nX: " + new string('x', 40_000) + "\r\n\r\n");

        Assert.Equal(HookOutcome.TooLarge, (await CallAsync()).Outcome);
    }

    [Theory]
    [InlineData(BodyBytesMax, true, true)]
    [InlineData(BodyBytesMax, false, true)]
    [InlineData(BodyBytesMax + 1, true, false)]
    [InlineData(BodyBytesMax + 1, false, false)]
    [InlineData(10_000_000, false, false)]
    [InlineData(0, false, true)]
    public async Task Call_Body_IsReadUpToItsLimit(int bytes, bool isDeclared, bool isWithin)
    {
        _hook.Handler = async context =>
        {
            context.Response.ContentLength = isDeclared ? bytes : null;
            await context.Response.WriteAsync(new string('x', bytes), context.RequestAborted);
        };

        var response = await CallAsync();

        Assert.Equal(isWithin ? HookOutcome.Ok : HookOutcome.TooLarge, response.Outcome);
        Assert.Equal(isWithin ? bytes : 0, response.Body.Length);
    }

    [Fact]
    public async Task Call_Silent_EndsAtTheDeadline()
    {
        _hook.Hangs();

        Assert.Equal(HookOutcome.Timeout, (await CallAsync(Endpoint() with { Deadline = TimeSpan.FromMilliseconds(200) })).Outcome);
    }

    [Fact]
    public async Task Call_DrippingBody_EndsAtTheDeadline()
    {
        _hook.Drips();

        Assert.Equal(HookOutcome.Timeout, (await CallAsync(Endpoint() with { Deadline = TimeSpan.FromMilliseconds(300) })).Outcome);
    }

    [Fact]
    public async Task Call_Deadline_IsTheClocksThatWasInjected()
    {
        var time = new FakeTimeProvider();
        using var http = Http(time);
        _hook.Hangs();
        var call = http.CallAsync(Endpoint() with { Deadline = TimeSpan.FromSeconds(10) }, new(Url())).AsTask();
        await _hook.NextRequestAsync();

        time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.False(call.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(0.1));

        Assert.Equal(HookOutcome.Timeout, (await call.WaitAsync(Timeouts.Test)).Outcome);
    }

    [Fact]
    public async Task Call_CertificateOfNobody_IsTlsFailed()
    {
        await using var tls = await HookServer.StartAsync(isTls: true);
        tls.Answers("{}");

        Assert.Equal(HookOutcome.TlsFailed, (await CallAsync(request: new(new Uri(tls.Url)))).Outcome);
        Assert.Empty(tls.Requests);
    }

    [Fact]
    public async Task Call_RefusedAddress_NeverConnects()
    {
        using var http = Http(allowed: "10.0.0.0/8");
        _hook.Answers("{}");

        foreach (var name in new[] { "127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433", "0x7f.1" })
        {
            Assert.Equal(HookOutcome.EgressRefused, (await http.CallAsync(Endpoint(), new(new Uri($"http://{name}:{_hook.Port}/")))).Outcome);
        }

        Assert.Equal(0, _hook.ConnectionCount);
    }

    [Fact]
    public async Task Call_NameWithRefusedAndAllowedAddresses_UsesAnAllowedOne()
    {
        // Of localhost's addresses only the IPv4 one is allowed.
        _hook.Answers("{}");

        Assert.Equal(HookOutcome.Ok, (await CallAsync(request: new(new Uri($"http://localhost:{_hook.Port}/")))).Outcome);
    }

    [Fact]
    public async Task Call_Signed_CanBeVerified()
    {
        byte[] secret = [9, 8, 7];
        _hook.Answers("{}");

        await CallAsync(request: new(new Uri($"{_hook.Url}/contacts/zo%C3%AB?a=b%26c")) { Secrets = [secret], Authorization = "Token t" });

        var request = await _hook.NextRequestAsync();
        Assert.Equal("/contacts/zo%C3%AB?a=b%26c", request.Target);
        Assert.Equal("Token t", request.Headers["Authorization"]);
        Assert.Equal("application/json", request.Headers["Accept"]);
        Assert.False(request.Headers.ContainsKey("Accept-Encoding"));
        Assert.False(request.Headers.ContainsKey("traceparent"));
        var signed = $"{request.Headers["webhook-id"]}.{request.Headers["webhook-timestamp"]}.{request.Method} {request.Target}";
        Assert.Equal("v1," + Convert.ToBase64String(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes(signed))), request.Headers["webhook-signature"]);
    }

    [Fact]
    public async Task Call_Unsigned_HasNoSignature()
    {
        _hook.Answers("{}");

        await CallAsync();

        Assert.DoesNotContain((await _hook.NextRequestAsync()).Headers.Keys, name => name.StartsWith("webhook-", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Call_OverTheConcurrency_WaitsForItsTurn()
    {
        var (underWay, most) = (0, 0);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var three = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _hook.Handler = async _ =>
        {
            var now = Interlocked.Increment(ref underWay);
            lock (gate)
            {
                most = Math.Max(most, now);
            }

            if (now == 3)
            {
                three.TrySetResult();
            }

            await gate.Task;
            Interlocked.Decrement(ref underWay);
        };

        var calls = Enumerable.Range(0, 10).Select(_ => CallAsync(Endpoint() with { Concurrency = 3 })).ToArray();
        await three.Task.WaitAsync(Timeouts.Test);
        gate.SetResult();
        Assert.All(await Task.WhenAll(calls), response => Assert.Equal(HookOutcome.Ok, response.Outcome));
        Assert.Equal((10, 3), (_hook.Requests.Count, most));
    }

    [Fact]
    public async Task Call_ThatWaitsForItsTurn_EndsAtItsDeadline()
    {
        _hook.Hangs();
        var endpoint = Endpoint() with { Concurrency = 1, Deadline = TimeSpan.FromMilliseconds(300) };

        Assert.All(await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => CallAsync(endpoint))), response => Assert.Equal(HookOutcome.Timeout, response.Outcome));

        // The turn of one that ended may have gone to another, whose own deadline was a moment later; not all had one.
        Assert.True(_hook.Requests.Count < 5);
    }

    [Fact]
    public async Task Call_OverTheRate_IsRefusedWhenItsTurnComesTooLate()
    {
        _hook.Answers("{}");
        var endpoint = Endpoint() with { CallsPerSecond = 1, Deadline = TimeSpan.FromMilliseconds(500) };

        var responses = new List<HookOutcome>();
        for (var i = 0; i < 5; i++)
        {
            responses.Add((await CallAsync(endpoint)).Outcome);
        }

        Assert.Equal([HookOutcome.Ok, HookOutcome.Ok, HookOutcome.Overloaded, HookOutcome.Overloaded, HookOutcome.Overloaded], responses);
    }

    [Fact]
    public async Task Call_ManyFailures_OpenTheBreakerOfThatHostAlone()
    {
        var time = new FakeTimeProvider();
        using var http = Http(time);
        _hook.Answers("", 503);
        for (var i = 0; i < 20; i++)
        {
            await http.CallAsync(Endpoint(), new(Url()));
        }

        Assert.Equal(HookOutcome.BreakerOpen, (await http.CallAsync(Endpoint(), new(Url()))).Outcome);
        Assert.Equal(20, _hook.Requests.Count);
        Assert.Equal(HookOutcome.Status, (await http.CallAsync(Endpoint() with { Host = "other.example" }, new(Url()))).Outcome);

        // It gets a try again after a moment, and one answer closes it.
        _hook.Answers("{}");
        time.Advance(TimeSpan.FromSeconds(1.1));
        Assert.Equal(HookOutcome.Ok, (await http.CallAsync(Endpoint(), new(Url()))).Outcome);
        Assert.Equal(HookOutcome.Ok, (await http.CallAsync(Endpoint(), new(Url()))).Outcome);
    }

    [Fact]
    public async Task Pipelines_OfIdleHosts_AreForgotten()
    {
        var time = new FakeTimeProvider();
        using var http = Http(time);
        _hook.Answers("{}");
        for (var i = 0; i < 10; i++)
        {
            await http.CallAsync(Endpoint() with { Host = $"h{i}.example" }, new(Url()));
        }

        Assert.Equal(10, http.PipelineCount);
        time.Advance(TimeSpan.FromMinutes(11));
        await http.CallAsync(Endpoint() with { Host = "new.example" }, new(Url()));
        Assert.Equal(1, http.PipelineCount);
    }

    [Fact]
    public async Task Pipeline_WithChangedSettings_IsReplaced()
    {
        _hook.Answers("{}");
        var endpoint = Endpoint() with { CallsPerSecond = 1, Deadline = TimeSpan.FromMilliseconds(100) };
        while ((await CallAsync(endpoint)).Outcome != HookOutcome.Overloaded)
        {
        }

        Assert.Equal(HookOutcome.Ok, (await CallAsync(endpoint with { CallsPerSecond = 0 })).Outcome);
        Assert.Equal(1, _http.PipelineCount);
    }

    [Fact]
    public async Task Call_Ended_IsCountedByOutcome()
    {
        var counted = new List<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, me) =>
        {
            if (instrument.Meter.Name == "Krewe.Grains" && instrument.Name == "krewe.hook.calls")
            {
                me.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            var all = tags.ToArray().ToDictionary(tag => tag.Key, tag => tag.Value);
            if (all["host"] as string == "counted.example")
            {
                counted.Add($"{all["hook"]} {all["outcome"]} {value}");
            }
        });
        listener.Start();
        _hook.Answers("{}");
        await CallAsync(Endpoint() with { Host = "counted.example" });
        _hook.Answers("", 500);
        await CallAsync(Endpoint() with { Host = "counted.example" });

        Assert.Equal(["test ok 1", "test status 1"], counted);
    }

    private static HookEndpoint Endpoint() => new("a.example", "test", TimeSpan.FromSeconds(10), BodyBytesMax, Concurrency: 0, CallsPerSecond: 0);

    private static OutboundHttp Http(TimeProvider? time = null, string allowed = "127.0.0.0/8")
    {
        var options = new KreweOptions { Data = "/nonexistent", AdminToken = "", EgressAllow = [new(IPNetwork.Parse(allowed), null)] };
        return new(new EgressPolicy(options), time ?? TimeProvider.System, NullLogger<OutboundHttp>.Instance);
    }

    private Uri Url() => new($"{_hook.Url}/x");

    private Task<HookResponse> CallAsync(HookEndpoint? endpoint = null, HookRequest? request = null) =>
        _http.CallAsync(endpoint ?? Endpoint(), request ?? new(Url())).AsTask().WaitAsync(Timeouts.Test);
}
