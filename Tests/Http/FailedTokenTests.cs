using System.Globalization;
using System.Net;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Http;
using Krewe.Tests.Support;

namespace Krewe.Tests.Http;

/// <summary>Tokens that are no good are slowed by the place that they come from (RFC 6585 §4).</summary>
[Collection(ApiCollection.Name)]
public sealed class FailedTokenTests(ApiFixture api)
{
    [Fact]
    public async Task Tokens_ThatAreNoGood_AreNotLookedAtAfterSome()
    {
        var address = api.NewAddress();
        var domain = await api.NewHostAsync();
        var (known, unknown) = (await api.NewKeyAsync(domain, "settings"), await api.NewKeyAsync(domain, "settings"));
        using (var used = await SendAsync(domain, known, address))
        {
            Assert.Equal(HttpStatusCode.OK, used.StatusCode);
        }

        for (var i = 0; i < FailedTokens.FailuresMax; i++)
        {
            using var failed = await SendAsync(domain, new HostKeyToken(domain, "id", $"{i}").ToToken(), address);
            await ApiFixture.AssertProblemAsync(failed, HttpStatusCode.Unauthorized);
        }

        // A key that was never seen here may be good, but that is what guesses wait for.
        foreach (var token in (string[])["guess", new TenantKeyToken("tenant", "id", "guess").ToToken(), unknown])
        {
            using var refused = await SendAsync(domain, token, address);
            await ApiFixture.AssertProblemAsync(refused, HttpStatusCode.TooManyRequests);
            Assert.InRange(int.Parse(refused.Headers.GetValues("Retry-After").Single(), CultureInfo.InvariantCulture), 1, 60);
        }

        // Who is known is not shut out by his neighbour, nor is anybody elsewhere.
        foreach (var (token, from) in ((string, string)[])[(ApiFixture.ProviderToken, address), (known, address), (unknown, api.NewAddress())])
        {
            using var admitted = await SendAsync(domain, token, from);
            Assert.Equal(HttpStatusCode.OK, admitted.StatusCode);
        }
    }

    [Fact]
    public async Task Requests_WithoutAToken_AreNoGuesses()
    {
        var address = api.NewAddress();
        for (var i = 0; i <= FailedTokens.FailuresMax; i++)
        {
            using var refused = await SendAsync("host.example", null, address);
            await ApiFixture.AssertProblemAsync(refused, HttpStatusCode.Unauthorized);
        }
    }

    [Fact]
    public void Failures_AreCountedByIPv6Subnet_AndForgottenAfterAMinute()
    {
        var time = new FakeTimeProvider();
        var failures = new FailedTokens(time);
        for (var i = 1; i <= FailedTokens.FailuresMax; i++)
        {
            Assert.Null(failures.BlockedFor(IPAddress.Parse("2001:db8:0:1::1")));
            failures.Note(IPAddress.Parse($"2001:db8:0:1::{i}"));
        }

        time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(TimeSpan.FromSeconds(40), failures.BlockedFor(IPAddress.Parse("2001:db8:0:1:ffff::")));
        Assert.Null(failures.BlockedFor(IPAddress.Parse("2001:db8:0:2::1")));

        time.Advance(TimeSpan.FromSeconds(40));
        Assert.Null(failures.BlockedFor(IPAddress.Parse("2001:db8:0:1::1")));
    }

    [Fact]
    public void Failures_OfMorePlacesThanAreCounted_CostNoMemory()
    {
        var failures = new FailedTokens(new FakeTimeProvider());
        for (var i = 0; i < FailedTokens.PlacesMax; i++)
        {
            failures.Note(new IPAddress([10, 0, (byte)(i / 256), (byte)i]));
        }

        var late = IPAddress.Parse("192.0.2.1");
        for (var i = 0; i < FailedTokens.FailuresMax; i++)
        {
            failures.Note(late);
            failures.Note(IPAddress.Parse("10.0.0.1"));
        }

        Assert.Null(failures.BlockedFor(late));
        Assert.NotNull(failures.BlockedFor(IPAddress.Parse("10.0.0.1")));
    }

    private Task<HttpResponseMessage> SendAsync(string domain, string? token, string from) => api.SendAsync(HttpMethod.Get, $"/api/v1/hosts/{domain}", token: token, from: from);
}
