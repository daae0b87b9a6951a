using System.Text;
using Krewe.Contracts.Accounts;
using Krewe.Contracts.Hosts;
using Krewe.Grains.Authentication;
using Krewe.Grains.Outbound;
using Krewe.Tests.Support;

namespace Krewe.Tests.Grains.Authentication;

/// <summary>Contract §3, <c>http_auth_url</c>: the tenant's service over real HTTP, what is remembered of its word, and every way in which it may not give it.</summary>
public sealed class HttpAuthGrainTests(HttpAuthSilo silo) : IClassFixture<HttpAuthSilo>, IAsyncLifetime
{
    private HookServer _service = null!;

    public static TheoryData<string> Failures => new(FailingServices.Keys);

    private static Dictionary<string, Action<HookServer>> FailingServices { get; } = new()
    {
        ["500"] = service => service.Answers("true", 500),
        ["201"] = service => service.Answers("true", 201),
        ["204"] = service => service.Answers("", 204),
        ["302"] = service => service.Answers("true", 302),
        ["401"] = service => service.Answers("false", 401),
        ["403"] = service => service.Answers("false", 403),
        ["404"] = service => service.Answers("false", 404),
        ["other words"] = service => service.Answers("yes"),
        ["other case"] = service => service.Answers("True"),
        ["json"] = service => service.Answers("{\"result\":true}"),
        ["nothing"] = service => service.Answers(""),
        ["too large"] = service => service.Answers("true" + new string(' ', HttpAuthClient.BodyBytesMax)),
        ["closed"] = service => service.Closes(),
        ["truncated"] = service => service.Truncates("true"),
        ["garbage"] = service => service.AnswersRaw("this is no HTTP\r\n\r\n"),
        ["silent"] = service => service.Hangs(),
        ["drip"] = service => service.Drips(),
    };

    public async Task InitializeAsync() => _service = await HookServer.StartAsync();

    public Task DisposeAsync() => _service.DisposeAsync().AsTask();

    [Fact]
    public async Task Get_AsksInTheQuery_WithEverythingEncoded()
    {
        var host = Host();
        _service.Answers("true");
        Assert.Equal(HttpAuthAnswer.Yes, await CheckAsync(host, "a&b=c d%é☃+#", "r+j=ü"));
        var request = await _service.NextRequestAsync();
        Assert.Equal(("GET", ""), (request.Method, request.Body));
        Assert.Equal($"/auth/check_password?user=r%2Bj%3D%C3%BC&server={host.Domain}&pass=a%26b%3Dc%20d%25%C3%A9%E2%98%83%2B%23", request.Target);
        Assert.False(request.Headers.ContainsKey("Authorization"));

        Assert.Equal(HttpAuthAnswer.Yes, await silo.Of(host, "r+j=ü").ExistsAsync());
        Assert.Equal($"/auth/user_exists?user=r%2Bj%3D%C3%BC&server={host.Domain}", (await _service.NextRequestAsync()).Target);
    }

    [Fact]
    public async Task Post_SendsAForm_WithCredentialsAndASignature()
    {
        byte[] secret = [.. "0123456789abcdef"u8];
        var host = Host(auth => auth with { IsPost = true, Credentials = "krewe:grün", Url = $"{_service.Url}/auth/" }, host => host with { HookSecrets = [secret] });
        _service.Answers("false\n");
        Assert.Equal(HttpAuthAnswer.No, await CheckAsync(host, "a&b"));
        var request = await _service.NextRequestAsync();
        Assert.Equal(("POST", "/auth/check_password", $"user=romeo&server={host.Domain}&pass=a%26b"), (request.Method, request.Target, request.Body));
        Assert.Equal("application/x-www-form-urlencoded", request.Headers["Content-Type"]);
        Assert.Equal($"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes("krewe:grün"))}", request.Headers["Authorization"]);
        Assert.Equal(
            HookSignature.Sign(request.Headers["webhook-id"], long.Parse(request.Headers["webhook-timestamp"], null), Encoding.UTF8.GetBytes(request.Body), [secret]),
            request.Headers["webhook-signature"]);

        Assert.Equal(HttpAuthAnswer.No, await silo.Of(host).ExistsAsync());
        Assert.Equal($"user=romeo&server={host.Domain}", (await _service.NextRequestAsync()).Body);
    }

    [Fact]
    public async Task PasswordThatWasRight_IsRememberedForAMinute_AndNoOther()
    {
        var host = Host();
        _service.Handler = context => context.Response.Body.WriteAsync(context.Request.Query["pass"] == "wherefore" ? "true"u8.ToArray() : "false"u8.ToArray()).AsTask();
        Assert.Equal(HttpAuthAnswer.Yes, await CheckAsync(host, "wherefore"));
        Assert.Equal(HttpAuthAnswer.Yes, await CheckAsync(host, "wherefore"));
        Assert.Single(_service.Requests);
        Assert.Equal(HttpAuthAnswer.No, await CheckAsync(host, "therefore"));
        Assert.Equal(HttpAuthAnswer.No, await CheckAsync(host, "therefore"));
        Assert.Equal(3, _service.Requests.Count);

        silo.Time.Forward(HttpAuthGrain.YesFor + TimeSpan.FromSeconds(1));
        _service.Answers("false");
        Assert.Equal(HttpAuthAnswer.No, await CheckAsync(host, "wherefore"));
        Assert.Equal(4, _service.Requests.Count);
    }

    [Fact]
    public async Task WhatOneServiceSaid_IsNotAnothers()
    {
        var host = Host();
        _service.Answers("true");
        Assert.Equal(HttpAuthAnswer.Yes, await CheckAsync(host, "wherefore"));
        Assert.Equal(HttpAuthAnswer.Yes, await silo.Of(host).ExistsAsync());
        await using var other = await HookServer.StartAsync();
        other.Answers("false");
        silo.Hosts.Set(host with { HttpAuth = host.HttpAuth! with { Url = other.Url } });
        Assert.Equal(HttpAuthAnswer.No, await CheckAsync(host, "wherefore"));
        Assert.Equal(HttpAuthAnswer.No, await silo.Of(host).ExistsAsync());
        silo.Hosts.Set(host with { HttpAuth = null });
        Assert.Equal(HttpAuthAnswer.Failed, await CheckAsync(host, "wherefore"));
        Assert.Equal(HttpAuthAnswer.Failed, await silo.Of(host).ExistsAsync());
    }

    [Fact]
    public async Task ManyWhoAskAtOnce_AreOneQuestion_ForEachPassword()
    {
        var host = Host();
        var gate = _service.AnswersBehindGate("true");
        var same = Enumerable.Range(0, 20).Select(_ => CheckAsync(host, "wherefore")).ToArray();
        var first = await _service.NextRequestAsync();
        var other = CheckAsync(host, "art thou");
        var second = await _service.NextRequestAsync();
        var exists = Enumerable.Range(0, 20).Select(_ => silo.Of(host).ExistsAsync()).ToArray();
        var third = await _service.NextRequestAsync();
        gate.SetResult();
        Assert.All(await Task.WhenAll([.. same, other, .. exists]), answer => Assert.Equal(HttpAuthAnswer.Yes, answer));
        Assert.Contains("pass=wherefore", first.Target, StringComparison.Ordinal);
        Assert.Contains("pass=art%20thou", second.Target, StringComparison.Ordinal);
        Assert.Contains("user_exists", third.Target, StringComparison.Ordinal);
        Assert.Equal(3, _service.Requests.Count);
    }

    [Fact]
    public async Task ExistenceOfAUser_IsRemembered_LongerWhenThereIsOne()
    {
        var host = Host();
        _service.Answers("false");
        Assert.Equal(HttpAuthAnswer.No, await silo.Of(host).ExistsAsync());
        _service.Answers("true");
        Assert.Equal(HttpAuthAnswer.No, await silo.Of(host).ExistsAsync());
        silo.Time.Forward(HttpAuthGrain.NoFor + TimeSpan.FromSeconds(1));
        Assert.Equal(HttpAuthAnswer.Yes, await silo.Of(host).ExistsAsync());
        silo.Time.Forward(HttpAuthGrain.NoFor + TimeSpan.FromSeconds(1));
        Assert.Equal(HttpAuthAnswer.Yes, await silo.Of(host).ExistsAsync());
        Assert.Equal(2, _service.Requests.Count);
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Outage_IsNoAnswer_AndIsNotRemembered(string failure)
    {
        var host = Host(auth => auth with { Timeout = TimeSpan.FromMilliseconds(500) });
        FailingServices[failure](_service);
        Assert.Equal(HttpAuthAnswer.Failed, await CheckAsync(host, "wherefore"));
        Assert.Equal(HttpAuthAnswer.Failed, await silo.Of(host).ExistsAsync());
        if (failure != "garbage")
        {
            _service.Answers("true");
            Assert.Equal(HttpAuthAnswer.Yes, await CheckAsync(host, "wherefore"));
            Assert.Equal(HttpAuthAnswer.Yes, await silo.Of(host).ExistsAsync());
        }
    }

    [Fact]
    public async Task ServiceThatIsNotThere_OrOutOfReach_IsAnOutage()
    {
        Assert.Equal(HttpAuthAnswer.Failed, await CheckAsync(silo.AddHost(new() { Url = "http://127.0.0.1:1/" }), "wherefore"));
        Assert.Equal(HttpAuthAnswer.Failed, await CheckAsync(silo.AddHost(new() { Url = $"http://[::1]:{_service.Port}/" }), "wherefore"));
        Assert.Equal(HttpAuthAnswer.Failed, await CheckAsync(silo.AddHost(null), "wherefore"));
        Assert.Empty(_service.Requests);
    }

    private HostSettings Host(Func<HttpAuthSettings, HttpAuthSettings>? with = null, Func<HostSettings, HostSettings>? host = null)
    {
        var auth = new HttpAuthSettings { Url = $"{_service.Url}/auth" };
        return silo.AddHost(with is null ? auth : with(auth), host);
    }

    private Task<HttpAuthAnswer> CheckAsync(HostSettings host, string password, string user = "romeo") => silo.Of(host, user).CheckPasswordAsync(new PasswordAttempt(password));
}
