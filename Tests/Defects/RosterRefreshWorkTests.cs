using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Krewe.Frontend.Http;
using Krewe.Frontend.Rosters;
using Krewe.Tests.Support;

namespace Krewe.Tests.Defects;

/// <summary>prosody-modules §1.5: what a refresh does while applications are slow, dead or lying, and users come and go.</summary>
public sealed class RosterRefreshWorkTests(RunningKrewe krewe) : IClassFixture<RunningKrewe>
{
    public static TheoryData<string> Failures => HookAnswers.Failures;

    /// <summary>§1.5-9, §6.2: the request was never answered, not for the other users in it either.</summary>
    [Theory]
    [MemberData(nameof(Failures))]
    public async Task RosterRefresh_WhileTheHookFailsForOne_IsAnsweredAndTheOthersAreRefreshed(string failure)
    {
        var tenant = await krewe.TenantAsync(HookAnswers.IsSlow(failure) ? new { http_roster_wait = 0.1, http_roster_timeout = 0.7 } : null);
        var clients = new Dictionary<string, XmppClient>();
        foreach (var user in (string[])["alice", "bob", "carol"])
        {
            tenant.Lists(user, "dave", "erin");
            clients[user] = await tenant.OnlineAsync(user);
        }

        tenant.Lists("alice", "dave");
        tenant["bob"] = HookAnswers.Failing(failure);
        tenant.Lists("carol", "dave");
        var refreshed = await tenant.RefreshAsync("alice", "bob", "carol", "offline");

        Assert.Equal(HttpStatusCode.OK, refreshed.Status);
        Assert.Equal(("ok", 3, 1), refreshed.Counts);
        Assert.Equal(["updated", "failed", "updated", "invalidated"], refreshed.Results);
        Assert.NotEmpty(refreshed.Detail("bob")["error"]!.GetValue<string>());
        Assert.DoesNotContain("y.example", refreshed.Text, StringComparison.Ordinal);

        // The roster is kept, the stream is open, nothing was pushed; the others have theirs.
        await clients["bob"].AssertAliveAsync();
        Assert.Empty(clients["bob"].Pushes);
        Assert.Equal([tenant.Jid("dave"), tenant.Jid("erin")], await clients["bob"].ContactsAsync());
        Assert.Equal([tenant.Jid("dave")], await clients["alice"].ContactsAsync());
        Assert.Equal([tenant.Jid("dave")], await clients["carol"].ContactsAsync());

        // §1.5-9, GET form.
        var one = await tenant.RefreshOneAsync("bob");
        Assert.Equal((HttpStatusCode.OK, ("error", 0, 1)), (one.Status, one.Counts));

        tenant.Lists("bob", "dave");
        Assert.Equal(["updated"], (await tenant.RefreshAsync("bob")).Results);
        Assert.Equal([tenant.Jid("dave")], await clients["bob"].ContactsAsync());
    }

    /// <summary>§1.5-9: a connection that is refused.</summary>
    [Fact]
    public async Task RosterRefresh_WhileTheHookIsDown_IsAnswered()
    {
        var tenant = await krewe.TenantAsync();
        tenant.Lists("alice", "bob");
        var client = await tenant.OnlineAsync("alice");
        await tenant.Hook.DisposeAsync();

        Assert.Equal(["failed"], (await tenant.RefreshAsync("alice")).Results);
        Assert.Equal([tenant.Jid("bob")], await client.ContactsAsync());
    }

    /// <summary>§1.5-10, transcript 11: never answered.</summary>
    [Fact]
    public async Task RosterRefresh_OfOneWhoLeavesDuringTheFetch_IsAnswered()
    {
        var tenant = await krewe.TenantAsync();
        tenant.Lists("alice", "bob");
        var client = await tenant.OnlineAsync("alice");
        await tenant.Hook.NextRequestAsync();
        var gate = new TaskCompletionSource();
        tenant["alice"] = HookAnswers.Behind(gate.Task, HookAnswers.Body("{}"));
        var refresh = tenant.RefreshAsync("alice");
        await tenant.Hook.NextRequestAsync();
        await tenant.LogoutAsync(client);
        gate.SetResult();

        Assert.Equal(1, (await refresh).Updated);
        Assert.Empty(await (await tenant.LoginAsync("alice")).ContactsAsync());
    }

    /// <summary>Transcript 11b: leaves during the fetch of the own roster get.</summary>
    [Fact]
    public async Task RosterGet_OfOneWhoLeavesDuringTheFetch_HarmsNoLaterLogin()
    {
        var tenant = await krewe.TenantAsync();
        var gate = new TaskCompletionSource();
        tenant["alice"] = HookAnswers.Behind(gate.Task, HookAnswers.Body("{}"));
        var client = await tenant.LoginAsync("alice");
        await client.SendAsync("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq><presence/>");
        await tenant.Hook.NextRequestAsync();
        await client.DisposeAsync();
        gate.SetResult();
        await tenant.WhenGoneAsync(client);
        tenant.Lists("alice", "bob");

        var second = await tenant.OnlineAsync("alice");
        Assert.Equal(["unchanged"], (await tenant.RefreshAsync("alice")).Results);
        Assert.Equal([tenant.Jid("bob")], await second.ContactsAsync());
    }

    /// <summary>§1.5-5: sixty users were sixty connections at once.</summary>
    [Fact]
    public async Task RosterRefresh_OfManyWhoAreOnline_KeepsToTheConcurrencyOfTheHook()
    {
        const int Users = 200;
        const int Concurrency = 16;
        var tenant = await krewe.TenantAsync(new { limits = new { hook_concurrency = Concurrency } });
        int now = 0, most = 0;
        var slowness = TimeSpan.Zero;
        tenant.Hook.Handler = async context =>
        {
            var mine = Interlocked.Increment(ref now);
            int seen;
            while ((seen = Volatile.Read(ref most)) < mine && Interlocked.CompareExchange(ref most, mine, seen) != seen)
            {
                // Somebody else was faster: look again.
            }

            await Task.Delay(slowness, context.RequestAborted);
            Interlocked.Decrement(ref now);
            await HookAnswers.Body($"{{\"friend@{tenant.Domain}\":{{\"name\":\"{slowness}\"}}}}")(context);
        };
        var names = Enumerable.Range(0, Users).Select(i => $"u{i}").ToArray();
        var clients = await Task.WhenAll(names.Select(name => tenant.OnlineAsync(name)));
        slowness = TimeSpan.FromMilliseconds(50);
        (now, most) = (0, 0);
        var refreshed = await tenant.RefreshAsync([.. names, .. Enumerable.Range(Users, 10_000 - Users).Select(i => $"u{i}")]);

        Assert.Equal(("ok", 10_000, 0), refreshed.Counts);
        Assert.Equal(Users, refreshed.Results.Count(result => result == "updated"));
        Assert.InRange(most, 2, Concurrency);
        await Task.WhenAll(clients.Select(client => client.PushAsync()));
    }

    /// <summary>§1.5-9: a hanging application held the caller for ever; contract §4: pending, and the push still comes.</summary>
    [Fact]
    public async Task RosterRefresh_WithAHookThatHangsBeyondTheDeadline_IsAnsweredAndStillPushes()
    {
        var own = await RunningKrewe.StartAsync(options => options with { RefreshDeadline = TimeSpan.FromSeconds(3) });
        try
        {
            // The longest time that a hook may have, and a deadline within which a machine that is busy with other tests still gets to the quick one.
            var tenant = await own.TenantAsync(new { http_roster_timeout = 25 });
            tenant.Lists("alice", "bob");
            tenant.Lists("carol", "bob");
            var (slow, quick) = (await tenant.OnlineAsync("alice"), await tenant.OnlineAsync("carol"));
            var gate = new TaskCompletionSource();
            tenant["alice"] = HookAnswers.Behind(gate.Task, HookAnswers.Body("{}"));
            tenant.Lists("carol");
            var refreshed = await tenant.RefreshAsync("alice", "carol", "alice", "@");

            Assert.Equal(("ok", 1, 3), refreshed.Counts);
            Assert.Equal(["pending", "updated", "pending", "invalid"], refreshed.Results);
            Assert.Equal(("error", 0, 1), (await tenant.RefreshOneAsync("alice")).Counts);
            await quick.PushAsync();
            Assert.Equal([tenant.Jid("bob")], await slow.ContactsAsync());
            gate.SetResult();
            Assert.Equal("remove", (string?)(await slow.PushAsync()).Descendants(XmppClient.Roster + "item").Single().Attribute("subscription"));
        }
        finally
        {
            await own.DisposeAsync();
        }
    }

    /// <summary>§7: no asynchronous mode. One worker that refreshes from within a request of its own would wait for itself.</summary>
    [Fact]
    public async Task RosterRefresh_FromWithinTheOnlyWorker_DoesNotDeadlock()
    {
        var tenant = await krewe.TenantAsync(new { http_roster_wait = 0.1, http_roster_timeout = 0.7 });
        using var worker = new SemaphoreSlim(1);
        var contacts = "{}";
        tenant["alice"] = async context =>
        {
            await worker.WaitAsync(context.RequestAborted);
            try
            {
                await HookAnswers.Body(contacts)(context);
            }
            finally
            {
                worker.Release();
            }
        };
        var client = await tenant.OnlineAsync("alice");

        await worker.WaitAsync();
        contacts = $$"""{"{{tenant.Jid("bob")}}":{} }""";
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/roster_admin/refresh?host={tenant.Domain}") { Content = RunningKrewe.Json("[\"alice\",\"@\",\"alice\"]") };
        request.Headers.TryAddWithoutValidation("Prefer", "respond-async");
        var accepted = await RefreshReply.OfAsync(await krewe.Provider.SendAsync(request));
        worker.Release();

        Assert.Equal(HttpStatusCode.Accepted, accepted.Status);
        Assert.Equal(["errors", "message", "status", "updated"], accepted.Body.AsObject().Select(pair => pair.Key).Order());
        Assert.Equal(("ok", 2, 1), accepted.Counts);
        Assert.Equal(tenant.Jid("bob"), (string?)(await client.PushAsync()).Descendants(XmppClient.Roster + "item").Single().Attribute("jid"));

        // The form for one user too.
        await worker.WaitAsync();
        contacts = "{}";
        using var single = new HttpRequestMessage(HttpMethod.Get, $"/roster_admin/refresh/alice?host={tenant.Domain}");
        single.Headers.TryAddWithoutValidation("Prefer", "respond-async, wait=10");
        Assert.Equal(HttpStatusCode.Accepted, (await krewe.Provider.SendAsync(single)).StatusCode);
        worker.Release();
        await client.PushAsync();

        // Without the header it is answered all the same, when the hook's time is over.
        await worker.WaitAsync();
        var waited = await tenant.RefreshAsync("alice");
        worker.Release();
        Assert.Equal(("error", 0, 1), waited.Counts);
    }

    /// <summary>Nothing grows without a bound: an application that never waits for the end of a refresh is told to, and may go on as soon as one has ended.</summary>
    [Fact]
    public async Task RosterRefresh_OfMoreThanIsEverUnderWay_IsToldToWait()
    {
        var tenant = await krewe.TenantAsync(new { http_roster_timeout = 25 });
        tenant.Lists("alice", "bob");
        var client = await tenant.OnlineAsync("alice");
        var isOver = new TaskCompletionSource();
        tenant["alice"] = async context =>
        {
            await isOver.Task.WaitAsync(context.RequestAborted);
            await HookAnswers.Body("{}")(context);
        };
        var body = JsonSerializer.Serialize(Enumerable.Range(0, RefreshBody.NamesMax - 1).Select(static i => $"u{i}").Append("alice"));
        for (var i = 0; i < RosterRefresh.NamesMax / RefreshBody.NamesMax; i++)
        {
            Assert.Equal(HttpStatusCode.Accepted, (await PostAsync(body)).StatusCode);
        }

        using var refused = await PostAsync("[\"alice\"]");
        Assert.Equal((HttpStatusCode.TooManyRequests, "1"), (refused.StatusCode, refused.Headers.GetValues("Retry-After").Single()));
        Assert.Equal(HttpStatusCode.Accepted, (await PostAsync("[]")).StatusCode);

        isOver.SetResult();
        await client.PushAsync();
        for (var patience = Stopwatch.StartNew(); (await PostAsync("[\"alice\"]")).StatusCode != HttpStatusCode.Accepted; await Task.Delay(20))
        {
            Assert.True(patience.Elapsed < Timeouts.Test, "the names of refreshes that have ended are counted still");
        }

        async Task<HttpResponseMessage> PostAsync(string names)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/roster_admin/refresh?host={tenant.Domain}") { Content = RunningKrewe.Json(names) };
            request.Headers.TryAddWithoutValidation("Prefer", "respond-async");
            return await krewe.Provider.SendAsync(request);
        }
    }

    /// <summary>§1.5-9 and contract §4: whatever the mixture, the counts add up to the array's length.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task RosterRefresh_OfAnyMixture_CountsEveryName(int seed)
    {
        var tenant = await krewe.TenantAsync(new { http_roster_wait = 0.1, http_roster_timeout = 0.7 });
        tenant.Lists("good", "bob");
        tenant.Lists("bad", "bob");
        await tenant.OnlineAsync("good");
        await tenant.OnlineAsync("bad");
        tenant["bad"] = HookAnswers.Failing("500");
        var random = new Random(seed);
        string[] kinds = ["good", "bad", "offline", "@", "", "good", "GOOD", "a b"];
        string[] names = [.. Enumerable.Range(0, random.Next(1, 60)).Select(_ => kinds[random.Next(kinds.Length)])];
        var refreshed = await tenant.RefreshAsync(names);

        Assert.Equal(names.Length, refreshed.Updated + refreshed.Errors);
        Assert.Equal(names.Length, refreshed.Results.Count);
        Assert.Equal(refreshed.Errors, refreshed.Results.Count(result => result is "failed" or "invalid" or "pending"));
        Assert.Equal(refreshed.Updated == 0 ? "error" : "ok", refreshed.Counts.Status);
    }

    /// <summary>§1.5-4: twenty fetches at once for one user.</summary>
    [Fact]
    public async Task RosterRefresh_SeveralAtOnceForOneUser_AreAllAnsweredAndTheLastDocumentWins()
    {
        var tenant = await krewe.TenantAsync();
        tenant.Lists("alice", "bob");
        var client = await tenant.OnlineAsync("alice");
        var calls = 0;
        tenant["alice"] = context => HookAnswers.Body($$"""{"{{tenant.Jid("bob")}}":{"name":"{{Interlocked.Increment(ref calls)}}"} }""")(context);
        var refreshed = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => tenant.RefreshAsync("alice")));

        Assert.All(refreshed, one => Assert.Equal(("ok", 1, 0), one.Counts));
        var item = (await client.ItemsAsync()).Single();
        Assert.Equal($"{calls}", (string?)item.Attribute("name"));
        Assert.InRange(calls, 2, 20);
        var versions = client.Pushes.Select(push => (string?)push.Element(XmppClient.Roster + "query")!.Attribute("ver")).ToList();
        Assert.Equal(versions.Count, versions.Distinct().Count());
        Assert.Equal($"{calls}", (string?)client.Pushes[^1].Descendants(XmppClient.Roster + "item").Single().Attribute("name"));
    }

    /// <summary>§1.8-5: a request that was never answered blocked its connection for those behind it.</summary>
    [Fact]
    public async Task RosterRefresh_PipelinedBehindOneWhoseHookHangs_IsAnsweredInOrder()
    {
        var tenant = await krewe.TenantAsync(new { http_roster_timeout = 0.5 });
        tenant.Lists("alice", "bob");
        await tenant.OnlineAsync("alice");
        tenant["alice"] = HookAnswers.Failing("hang");
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, krewe.Provider.BaseAddress!.Port);
        await using var stream = tcp.GetStream();
        var requests = Request("[\"alice\"]", "keep-alive") + Request("[]", "keep-alive") + Request("5", "close");
        await stream.WriteAsync(Encoding.ASCII.GetBytes(requests));
        using var reader = new StreamReader(stream, Encoding.ASCII);
        var answers = await reader.ReadToEndAsync().WaitAsync(Timeouts.Test);

        Assert.Equal(
            ["200 OK", "200 OK", "400 Bad Request"],
            answers.Split("HTTP/1.1 ", StringSplitOptions.RemoveEmptyEntries).Select(answer => answer.Split("\r\n")[0]));

        string Request(string body, string connection) =>
            $"POST /roster_admin/refresh HTTP/1.1\r\nHost: {tenant.Domain}\r\nAuthorization: Bearer {RunningKrewe.Token}\r\nConnection: {connection}\r\nContent-Length: {body.Length}\r\n\r\n{body}";
    }
}
