using System.Globalization;
using System.Net;
using Krewe.Contracts.Addressing;
using Krewe.Frontend.Sasl;
using Krewe.Tests.Support;

namespace Krewe.Tests.Unit.Sasl;

/// <summary>RFC 6120 §13.11: whoever guesses waits, and nobody else for long.</summary>
public sealed class LoginThrottleTests
{
    private const string Host = "verona.example";

    private static readonly Jid Romeo = Jid.Parse($"romeo@{Host}");
    private static readonly SaslStep Wrong = new SaslStep.Failure(SaslCondition.NotAuthorized);
    private static readonly SaslStep Right = new SaslStep.Success(Romeo, null);
    private static readonly LoginOrigin Here = Of("192.0.2.1");
    private static readonly LoginOrigin There = Of("198.51.100.7");

    private readonly FakeTimeProvider _time = new();
    private readonly LoginThrottle _throttle;

    public LoginThrottleTests() => _throttle = new(_time);

    [Fact]
    public async Task Wait_AfterEachFailureOfAPair_IsTwiceTheLast_UpToItsMost()
    {
        double[] expected = [0, 0, 0, 0.25, 0.5, 1, 2, 4, 8, 8, 8];
        foreach (var seconds in expected)
        {
            Assert.Equal(seconds, (await TryAsync(Romeo, Here, Wrong)).TotalSeconds, precision: 3);
        }
    }

    [Fact]
    public async Task OwnerElsewhere_DoesNotWait()
    {
        for (var i = 0; i < 12; i++)
        {
            await TryAsync(Romeo, Here, Wrong);
        }

        Assert.Equal(TimeSpan.Zero, await TryAsync(Romeo, There, Right));
        Assert.Equal(TimeSpan.Zero, await TryAsync(Jid.Parse($"juliet@{Host}"), Here, Right));
    }

    [Fact]
    public async Task OwnerElsewhere_OfAnAccountThatManyGuessAt_WaitsAMomentAtMost()
    {
        for (var i = 0; i < 500; i++)
        {
            await TryAsync(Romeo, Of($"10.0.{i / 250}.{i % 250}"), Wrong, isSlow: false);
        }

        Assert.InRange((await TryAsync(Romeo, There, Right)).TotalSeconds, 0.5, LoginThrottle.AccountWaitMax.TotalSeconds);
        _time.Advance(TimeSpan.FromMinutes(7));
        Assert.Equal(TimeSpan.Zero, await TryAsync(Romeo, There, Right));
    }

    [Fact]
    public async Task Success_EndsTheWaiting_AndSoDoesTime()
    {
        for (var i = 0; i < 5; i++)
        {
            await TryAsync(Romeo, Here, Wrong);
        }

        Assert.Equal(1, (await TryAsync(Romeo, Here, Right)).TotalSeconds, precision: 3);
        Assert.Equal(TimeSpan.Zero, await TryAsync(Romeo, Here, Wrong));
        for (var i = 0; i < 12; i++)
        {
            await TryAsync(Romeo, Here, Wrong);
        }

        _time.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal(TimeSpan.Zero, await TryAsync(Romeo, Here, Wrong));
    }

    [Fact]
    public async Task GuessesAllAtOnce_TakeTurns_AndThoseBehindTheQueueAreRefused()
    {
        for (var i = 0; i < 9; i++)
        {
            await TryAsync(Romeo, Here, Wrong);
        }

        var waiting = Enumerable.Range(0, 10).Select(_ => BeginAsync(Romeo, Here)).ToArray();

        // At eight seconds each, three find room in half a minute; the others are told at once.
        Assert.Equal(3, waiting.Count(attempt => !attempt.IsCompleted));
        Assert.All(waiting.Where(attempt => attempt.IsCompleted), attempt => Assert.Null(attempt.Result));
        for (var turn = 1; turn <= 3; turn++)
        {
            _time.Advance(LoginThrottle.PairWaitMax);
            Assert.Equal(3 - turn, waiting.Count(attempt => !attempt.IsCompleted));
        }
    }

    [Fact]
    public async Task ManyAttemptsUnderWay_CountAsFailures_BeforeAnyHasFailed()
    {
        var first = Enumerable.Range(0, 13).Select(_ => BeginAsync(Romeo, Here)).ToArray();
        Assert.All(first, attempt => Assert.True(attempt.IsCompletedSuccessfully));
        var next = BeginAsync(Romeo, Here);
        Assert.False(next.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(250));
        (await next)!.Dispose();
        foreach (var attempt in first)
        {
            (await attempt)!.Dispose();
        }

        // Those whose passwords are right leave nothing behind, however many come at once.
        Assert.Equal(0, _throttle.Count);
    }

    [Fact]
    public async Task Address_WithManyFailures_WaitsWithEveryAccount_ThenIsRefused_ThenHeardAgain()
    {
        await FailAsync(Here, LoginThrottle.FreeOfAddress);
        Assert.InRange((await TryAsync(Jid.Parse($"juliet@{Host}"), Here, Right)).TotalMilliseconds, 1, 100);

        await FailAsync(Here, LoginThrottle.RefusedAt);
        Assert.True(_throttle.IsRefused(Host, Here));
        Assert.Null(await BeginAsync(Romeo, Here));
        Assert.False(_throttle.IsRefused(Host, There));
        Assert.False(_throttle.IsRefused("mantua.example", Here));
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.False(_throttle.IsRefused(Host, Here));
        Assert.Equal(TimeSpan.Zero, await TryAsync(Romeo, Here, Right));
    }

    [Fact]
    public async Task Address_ThatGuessesOneByOne_ComesToBeRefusedAsWell()
    {
        for (var i = 0; i < 1000 && !_throttle.IsRefused(Host, Here); i++)
        {
            await TryAsync(User(i), Here, Wrong, isSlow: false);
        }

        Assert.True(_throttle.IsRefused(Host, Here));
    }

    [Fact]
    public async Task Ipv6Addresses_OfOneCustomer_AreOne()
    {
        await FailAsync(i => Of($"2001:db8:0:1::{i.ToString("x", CultureInfo.InvariantCulture)}"), LoginThrottle.RefusedAt);

        Assert.True(_throttle.IsRefused(Host, Of("2001:db8:0:1:ffff::1")));
        Assert.False(_throttle.IsRefused(Host, Of("2001:db8:0:2::1")));
        Assert.False(_throttle.IsRefused(Host, Of("192.0.2.1")));
    }

    [Fact]
    public async Task AddressOfAProxy_IsNobodysOwn()
    {
        var proxy = Here with { IsShared = true };
        await FailAsync(proxy, LoginThrottle.RefusedAt * 2);
        Assert.False(_throttle.IsRefused(Host, proxy));
        Assert.Equal(TimeSpan.Zero, await TryAsync(Romeo, proxy, Right));

        // Behind it one account's attempts wait too, but not for each other.
        for (var i = 0; i < 9; i++)
        {
            await TryAsync(Romeo, proxy, Wrong);
        }

        var waiting = Enumerable.Range(0, 10).Select(_ => BeginAsync(Romeo, proxy)).ToArray();
        Assert.All(waiting, attempt => Assert.False(attempt.IsCompleted));
        _time.Advance(LoginThrottle.PairWaitMax);
        Assert.All(waiting, attempt => Assert.NotNull(attempt.Result));
    }

    [Fact]
    public async Task UnknownAddress_CountsLikeAProxys() => Assert.False(await WasRefusedAsync(default));

    [Theory]
    [InlineData(SaslCondition.TemporaryAuthFailure)]
    [InlineData(SaslCondition.AccountDisabled)]
    [InlineData(SaslCondition.MalformedRequest)]
    [InlineData(SaslCondition.InvalidAuthzid)]
    internal async Task WhatWasNoGuess_IsNotCounted(SaslCondition condition)
    {
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(TimeSpan.Zero, await TryAsync(Romeo, Here, new SaslStep.Failure(condition)));
        }
    }

    [Fact]
    public async Task Tables_AreBounded()
    {
        for (var i = 0; i < LoginThrottle.EntriesMax * 2; i++)
        {
            var attempt = await BeginAsync(User(i), Of(new IPAddress(BitConverter.GetBytes(i + 1)).ToString()));
            attempt!.Judge(Wrong);
            attempt.Dispose();
        }

        Assert.InRange(_throttle.Count, LoginThrottle.EntriesMax, 3 * LoginThrottle.EntriesMax);
    }

    [Fact]
    public async Task StreamThatEndsWhileItWaits_LeavesItsPlace()
    {
        for (var i = 0; i < 5; i++)
        {
            await TryAsync(Romeo, Here, Wrong);
        }

        using var stop = new CancellationTokenSource();
        var waiting = _throttle.BeginAsync(Host, Romeo, Here, stop.Token).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        _time.Advance(TimeSpan.FromHours(1));
        (await BeginAsync(Romeo, Here))!.Dispose();
        Assert.Equal(2, _throttle.Count);
    }

    private async Task<bool> WasRefusedAsync(LoginOrigin origin)
    {
        await FailAsync(origin, LoginThrottle.RefusedAt * 2);
        return _throttle.IsRefused(Host, origin);
    }

    private Task FailAsync(LoginOrigin origin, int times) => FailAsync(_ => origin, times);

    /// <summary>All at once, and of many accounts, so that the address alone counts.</summary>
    private async Task FailAsync(Func<int, LoginOrigin> origin, int times)
    {
        var attempts = Enumerable.Range(0, times).Select(i => BeginAsync(User(i), origin(i))).ToArray();
        while (attempts.Any(attempt => !attempt.IsCompleted))
        {
            _time.Advance(TimeSpan.FromMilliseconds(10));
        }

        foreach (var attempt in attempts)
        {
            using var begun = await attempt;
            begun?.Judge(Wrong);
        }
    }

    /// <summary>How long it waited.</summary>
    private async Task<TimeSpan> TryAsync(Jid account, LoginOrigin origin, SaslStep outcome, bool isSlow = true)
    {
        var began = _time.GetUtcNow();
        using var attempt = await BeginSlowlyAsync(account, origin);
        var waited = _time.GetUtcNow() - began;
        attempt?.Judge(outcome);
        Assert.True(attempt is not null || !isSlow);
        return waited;
    }

    private async Task<LoginThrottle.LoginAttempt?> BeginSlowlyAsync(Jid account, LoginOrigin origin)
    {
        var attempt = BeginAsync(account, origin);
        while (!attempt.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        return await attempt;
    }

    private Task<LoginThrottle.LoginAttempt?> BeginAsync(Jid account, LoginOrigin origin) => _throttle.BeginAsync(Host, account, origin, CancellationToken.None).AsTask();

    private static Jid User(int number) => Jid.Parse($"user{number}@{Host}");

    private static LoginOrigin Of(string address) => new(IPAddress.Parse(address), false);
}
