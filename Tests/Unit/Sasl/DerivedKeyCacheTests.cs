using System.Security.Cryptography;
using System.Text;
using Krewe.Contracts.Accounts;
using Krewe.Contracts.Addressing;
using Krewe.Frontend.Sasl;

namespace Krewe.Tests.Unit.Sasl;

/// <summary>What is remembered of a right PLAIN password, for how long, and that it never outlives a change of the password.</summary>
public sealed class DerivedKeyCacheTests
{
    private readonly StoppedTime _time = new();

    [Fact]
    public async Task RightPassword_IsRememberedForItsLifetime()
    {
        var cache = new DerivedKeyCache(_time);
        var passwords = new PasswordVerifier(cache);
        var keys = Keys("wherefore");
        Assert.False(cache.TryGet("wherefore", keys, out _));
        Assert.Equal(PasswordVerdict.Right, await passwords.VerifyAsync("h.example", "wherefore", keys, CancellationToken.None));
        Assert.True(cache.TryGet("wherefore", keys, out var storedKey));
        Assert.Equal(keys.StoredKey.ToArray(), storedKey);
        _time.Advance(DerivedKeyCache.Lifetime - TimeSpan.FromSeconds(1));
        Assert.True(cache.TryGet("wherefore", keys, out _));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(cache.TryGet("wherefore", keys, out _));
    }

    [Fact]
    public async Task RightPassword_AskedAgain_CostsNoDerivation()
    {
        var passwords = new PasswordVerifier(new DerivedKeyCache(_time));

        var slow = ScramKeys.Derive("wherefore", ScramHash.Sha1, new byte[16], 100_000);
        Assert.Equal(PasswordVerdict.Right, await passwords.VerifyAsync("h.example", "wherefore", slow, CancellationToken.None));
        for (var i = 0; i < 10_000; i++)
        {
            // Completed at once: nothing went to the pool.
            var verdict = passwords.VerifyAsync("h.example", "wherefore", slow, CancellationToken.None);
            Assert.True(verdict.IsCompletedSuccessfully);
            Assert.Equal(PasswordVerdict.Right, await verdict);
        }
    }

    [Fact]
    public async Task WrongPassword_IsNotRemembered()
    {
        var cache = new DerivedKeyCache(_time);
        Assert.Equal(PasswordVerdict.Wrong, await new PasswordVerifier(cache).VerifyAsync("h.example", "therefore", Keys("wherefore"), CancellationToken.None));
        Assert.Equal(0, cache.Count);
    }

    [Fact]
    public async Task ChangedPassword_IsNotAcceptedFromTheCache()
    {
        var cache = new DerivedKeyCache(_time);
        var passwords = new PasswordVerifier(cache);
        var before = Keys("wherefore");
        Assert.Equal(PasswordVerdict.Right, await passwords.VerifyAsync("h.example", "wherefore", before, CancellationToken.None));

        // With a new salt, as it is done, and with the old one, as somebody's stored keys may have it.
        Assert.Equal(PasswordVerdict.Wrong, await passwords.VerifyAsync("h.example", "wherefore", Keys("apothecary"), CancellationToken.None));
        var sameSalt = ScramKeys.Derive("apothecary", before.Hash, before.Salt, before.Iterations);
        Assert.Equal(PasswordVerdict.Wrong, await passwords.VerifyAsync("h.example", "wherefore", sameSalt, CancellationToken.None));
        Assert.Equal(PasswordVerdict.Right, await passwords.VerifyAsync("h.example", "apothecary", sameSalt, CancellationToken.None));
    }

    [Fact]
    public void Entries_AreApartByEachOfTheirInputs()
    {
        var cache = new DerivedKeyCache(_time);
        var keys = Keys("wherefore");
        cache.Add("wherefore", keys, [1]);
        Assert.False(cache.TryGet("Wherefore", keys, out _));
        Assert.False(cache.TryGet("wherefore", keys with { Iterations = keys.Iterations + 1 }, out _));
        Assert.False(cache.TryGet("wherefore", keys with { Hash = ScramHash.Sha256 }, out _));
        Assert.False(cache.TryGet("wherefore", keys with { Salt = RandomNumberGenerator.GetBytes(16) }, out _));

        // What ends the salt must not be able to begin the password.
        cache.Add("bc", keys with { Salt = Encoding.ASCII.GetBytes("a") }, [2]);
        Assert.False(cache.TryGet("c", keys with { Salt = Encoding.ASCII.GetBytes("ab") }, out _));
        Assert.True(cache.TryGet("bc", keys with { Salt = Encoding.ASCII.GetBytes("a") }, out _));
    }

    [Fact]
    public void Entries_AreNeverMoreThanTheLimit()
    {
        var cache = new DerivedKeyCache(_time);
        var keys = Keys("wherefore");
        for (var i = 0; i < DerivedKeyCache.EntriesMax * 3; i++)
        {
            cache.Add($"password {i}", keys, [1]);
            Assert.True(i % 1000 != 0 || cache.Count <= DerivedKeyCache.EntriesMax);
        }

        Assert.InRange(cache.Count, DerivedKeyCache.EntriesMax / 2, DerivedKeyCache.EntriesMax);
        Assert.True(cache.TryGet($"password {(DerivedKeyCache.EntriesMax * 3) - 1}", keys, out _));
        Assert.False(cache.TryGet("password 0", keys, out _));
    }

    [Fact]
    public async Task Logins_BeyondTheLimit_AreRefusedNotQueued()
    {
        var passwords = new PasswordVerifier(new DerivedKeyCache(_time), derivationsMax: -1, waitingMax: 8);
        using var stop = new CancellationTokenSource();
        var keys = Keys("wherefore");
        var waiting = Enumerable.Range(0, 8).Select(_ => passwords.VerifyAsync("h.example", "wherefore", keys, stop.Token).AsTask()).ToArray();
        Assert.Equal(PasswordVerdict.Unknown, await passwords.VerifyAsync("h.example", "wherefore", keys, CancellationToken.None));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(waiting));

        // Those who gave up have left their places.
        using var stopped = new CancellationTokenSource();
        var next = passwords.VerifyAsync("h.example", "wherefore", keys, stopped.Token);
        Assert.False(next.IsCompleted);
        await stopped.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await next);
    }

    [Fact]
    public void InventedKeys_AreStableAndApart()
    {
        var romeo = Jid.Parse("romeo@verona.example");
        var first = new InventedCredentials(new byte[] { 1 }).For(romeo, ScramHash.Sha256);
        Assert.Equal(first.Salt.ToArray(), new InventedCredentials(new byte[] { 1 }).For(romeo, ScramHash.Sha256).Salt.ToArray());
        Assert.NotEqual(first.Salt.ToArray(), new InventedCredentials(new byte[] { 2 }).For(romeo, ScramHash.Sha256).Salt.ToArray());
        Assert.NotEqual(first.Salt.ToArray(), new InventedCredentials(new byte[] { 1 }).For(romeo, ScramHash.Sha1).Salt.ToArray());
        Assert.NotEqual(first.Salt.ToArray(), new InventedCredentials(new byte[] { 1 }).For(Jid.Parse("romeo@mantua.example"), ScramHash.Sha256).Salt.ToArray());
        Assert.All(ScramKeys.Hashes, hash => Assert.Equal(ScramKeys.HashBytes(hash), new InventedCredentials(new byte[] { 1 }).For(romeo, hash).StoredKey.Length));
    }

    private static ScramCredentials Keys(string password) => ScramKeys.Derive(password, ScramHash.Sha1, RandomNumberGenerator.GetBytes(16), 64);

    private sealed class StoppedTime : TimeProvider
    {
        private long _now = TimeSpan.TicksPerDay;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        internal void Advance(TimeSpan by) => _now += by.Ticks;
    }
}
