using Krewe.Tests.Support;

namespace Krewe.Tests.Defects;

/// <summary>
/// prosody-modules §1 as a whole: many clients that come, ask, are refreshed and go, with applications that are slow, dead and well in turn. Nothing may be
/// left without an answer, and nothing logged as an error.
/// </summary>
[Trait("Category", "Slow")]
public sealed class SoakTests(RunningKrewe krewe) : IClassFixture<RunningKrewe>
{
    private const int Users = 200;
    private const int Refreshers = 4;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(20);
    private static readonly string[] Moods = ["500", "close", "hang", "invalid-json", "truncated"];

    [Fact]
    public async Task Soak_OfLoginsRefreshesAndLogouts_LeavesNothingUnanswered()
    {
        var tenant = await krewe.TenantAsync(new { http_roster_wait = 0.2, http_roster_timeout = 1, limits = new { hook_concurrency = 16 } });
        var names = Enumerable.Range(0, Users).Select(i => $"u{i}").ToArray();
        var generation = 0;
        foreach (var (index, name) in names.Index())
        {
            tenant[name] = context => Random.Shared.Next(50) == 0
                ? HookAnswers.Failing(Moods[Random.Shared.Next(Moods.Length)])(context)
                : HookAnswers.Body($$"""
                    {"{{tenant.Jid(names[(index + 1) % Users])}}":{"name":"{{Volatile.Read(ref generation)}}"},"{{tenant.Jid(names[(index + Users - 1) % Users])}}":{} }
                    """)(context);
        }

        using var over = new CancellationTokenSource(Duration);
        var sessions = 0;
        var refreshes = 0;
        await Task.WhenAll(
        [
            .. names.Select(name => UntilOverAsync(() => SessionAsync(name))),
            .. Enumerable.Range(0, Refreshers).Select(_ => UntilOverAsync(RefreshAsync)),
        ]);

        // Everybody is gone: the next login of each finds a working server and a whole roster.
        foreach (var (index, name) in names.Index())
        {
            tenant.Lists(name, names[(index + 1) % Users]);
        }

        await tenant.RefreshAsync(names);
        await using var last = await tenant.OnlineAsync(names[0]);
        Assert.Equal([tenant.Jid(names[1])], await last.ContactsAsync());
        Assert.InRange(sessions, Users, int.MaxValue);
        Assert.InRange(refreshes, Refreshers, int.MaxValue);
        krewe.AssertNoErrors();

        async Task SessionAsync(string name)
        {
            await using var client = await tenant.LoginAsync(name);
            var reply = await client.RosterAsync();
            Assert.Contains((string?)reply.Attribute("type"), (IEnumerable<string?>)["result", "error"]);
            await client.AvailableAsync();
            for (var i = 0; i < 3; i++)
            {
                await client.AssertAliveAsync();
                await client.FenceAsync(client);
            }

            // Some leave politely, some are gone.
            if (Random.Shared.Next(2) == 0)
            {
                await client.LogoutAsync();
            }

            Interlocked.Increment(ref sessions);
        }

        async Task RefreshAsync()
        {
            Interlocked.Increment(ref generation);
            string[] some = [.. Enumerable.Range(0, 50).Select(_ => names[Random.Shared.Next(Users)])];
            var refreshed = await tenant.RefreshAsync(some);
            Assert.Equal(some.Length, refreshed.Updated + refreshed.Errors);
            Interlocked.Increment(ref refreshes);
        }

        async Task UntilOverAsync(Func<Task> work)
        {
            while (!over.IsCancellationRequested)
            {
                await work().WaitAsync(Timeouts.Test * 2);
            }
        }
    }
}
