using System.Collections.Immutable;
using System.Net;
using Krewe.Contracts.Hosting;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Http;
using Krewe.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Tests.Unit.Http;

/// <summary>What authentication remembers, and for how long; and what it costs to be remembered.</summary>
public sealed class AdminAuthenticationTests
{
    private const string Domain = "verona.example";

    private static readonly string Token = new HostKeyToken(Domain, "id", "secret").ToToken();

    private readonly FakeTimeProvider _time = new();
    private readonly List<ImmutableArray<KeyUse>> _written = [];
    private readonly IGrainFactory _grains;
    private readonly AdminAuthentication _authentication;
    private readonly KeyUses _uses;
    private DateTimeOffset? _expiresAt;
    private int _verified;

    public AdminAuthenticationTests()
    {
        var (grains, grainDouble) = GrainFactoryDouble.Create();
        _grains = grains;
        grainDouble.With(_ => GrainDouble.Create<IKeyRingGrain>((method, arguments) =>
        {
            if (method == nameof(IKeyRingGrain.NoteUsesAsync))
            {
                _written.Add((ImmutableArray<KeyUse>)arguments[0]!);
                return Task.CompletedTask;
            }

            _verified++;
            var key = new ApiKey("id", "app", ["roster"], _time.GetUtcNow(), _expiresAt);
            return Task.FromResult((string?)arguments[1] == "secret" && key.IsValidAt(_time.GetUtcNow()) ? key : null);
        }));
        var hosts = new FakeHosts();
        hosts.Set(HostSettings.Default(Domain));
        _uses = new KeyUses(grains, _time, NullLogger<KeyUses>.Instance);
        var options = new KreweOptions { Data = "", AdminToken = "provider" };
        _authentication = new AdminAuthentication(options, grains, hosts, new FailedTokens(_time), new TenantRequests(options, hosts), _uses, _time);
    }

    [Fact]
    public async Task Key_ThatIsRemembered_CostsNoCall_UntilItIsVerifiedAgain()
    {
        Assert.NotNull(await AuthenticateAsync());
        Assert.NotNull(await AuthenticateAsync());
        Assert.Equal(1, _verified);

        _time.Advance(AdminAuthentication.RememberFor);
        Assert.NotNull(await AuthenticateAsync());
        Assert.Equal(2, _verified);
    }

    [Fact]
    public async Task Key_ThatRunsOutWhileItIsRemembered_IsNoGoodFromThenOn()
    {
        _expiresAt = _time.GetUtcNow() + TimeSpan.FromSeconds(2);
        Assert.NotNull(await AuthenticateAsync());

        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.Null(await AuthenticateAsync());
    }

    [Fact]
    public async Task Requests_BeyondTheTenantsShare_AreToldToComeBack()
    {
        var options = new KreweOptions { Data = "", AdminToken = "provider", RequestsPerSecond = 1 };
        var hosts = new FakeHosts();
        hosts.Set(HostSettings.Default(Domain));
        using var requests = new TenantRequests(options, hosts);
        var authentication = new AdminAuthentication(options, _grains, hosts, new FailedTokens(_time), requests, _uses, _time);
        var calls = Enumerable.Range(0, 8).Select(_ => (Http: Request(Token), Caller: default(Task<ApiCaller?>))).ToArray();
        for (var i = 0; i < calls.Length; i++)
        {
            calls[i].Caller = authentication.AuthenticateAsync(calls[i].Http).AsTask();
        }

        // Two at once, and five seconds' worth waits.
        Assert.Null(await calls[^1].Caller!.WaitAsync(Timeouts.Test));
        Assert.Equal(2, calls.Count(static call => call.Caller!.IsCompletedSuccessfully && call.Caller.Result is not null));
        AdminAuthentication.Unauthorized(calls[^1].Http);
        Assert.Equal("1", calls[^1].Http.Response.Headers.RetryAfter.ToString());
        Assert.NotNull(await authentication.AuthenticateAsync(Request(Token), isRefresh: true));
    }

    [Fact]
    public async Task Request_IsJudgedOnce()
    {
        var http = Request("no token at all");
        for (var i = 0; i < FailedTokens.FailuresMax + 1; i++)
        {
            Assert.Null(await _authentication.AuthenticateAsync(http));
        }

        Assert.NotNull(await AuthenticateAsync());
    }

    [Fact]
    public async Task LastUse_IsWrittenOnceInAWhile_AndWhenTheProcessStops()
    {
        await AuthenticateAsync();
        await _uses.WriteAsync(isAll: false);
        Assert.Equal(new KeyUse("id", _time.GetUtcNow(), "192.0.2.1"), Assert.Single(Assert.Single(_written)));

        // Used all the time: written again only after the while.
        for (var waited = TimeSpan.Zero; waited < KeyUses.WriteEvery - TimeSpan.FromMinutes(1); waited += TimeSpan.FromMinutes(1))
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            await AuthenticateAsync();
            await _uses.WriteAsync(isAll: false);
            Assert.Single(_written);
        }

        _time.Advance(TimeSpan.FromMinutes(1));
        await _uses.WriteAsync(isAll: false);
        Assert.Equal(2, _written.Count);

        await AuthenticateAsync();
        await _uses.StopAsync(CancellationToken.None);
        Assert.Equal(3, _written.Count);
    }

    [Fact]
    public async Task LastUse_OfAKeyThatIsNotUsed_IsNotWrittenAgain()
    {
        await AuthenticateAsync();
        await _uses.WriteAsync(isAll: false);
        for (var i = 0; i < 3; i++)
        {
            _time.Advance(KeyUses.WriteEvery);
            await _uses.WriteAsync(isAll: true);
        }

        Assert.Single(_written);
    }

    [Fact]
    public void SignIn_IsTheFirstUseAfterAQuietHour()
    {
        var signIns = new SignIns(_time);
        var (caller, home, away) = (new ApiCaller(false, Domain, [], "id"), IPAddress.Parse("192.0.2.1"), IPAddress.Parse("192.0.2.2"));

        Assert.True(signIns.IsSignIn(caller, home));
        _time.Advance(SignIns.Quiet - TimeSpan.FromMinutes(1));
        Assert.False(signIns.IsSignIn(caller, home));
        _time.Advance(SignIns.Quiet - TimeSpan.FromMinutes(1));
        Assert.False(signIns.IsSignIn(caller, home));
        Assert.True(signIns.IsSignIn(caller, away));
        Assert.True(signIns.IsSignIn(ApiCaller.Provider, home));

        _time.Advance(SignIns.Quiet);
        Assert.True(signIns.IsSignIn(caller, home));
    }

    private ValueTask<ApiCaller?> AuthenticateAsync() => _authentication.AuthenticateAsync(Request(Token));

    private static DefaultHttpContext Request(string token)
    {
        var http = new DefaultHttpContext();
        http.Connection.RemoteIpAddress = IPAddress.Parse("192.0.2.1");
        http.Request.Headers.Authorization = $"Bearer {token}";
        return http;
    }
}
