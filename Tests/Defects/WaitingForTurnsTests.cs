using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Krewe.Contracts.Hosting;
using Krewe.Tests.Grains;
using Krewe.Tests.Grains.Sessions;
using Krewe.Tests.Support;
using Krewe.Tests.Transcripts;
using Krewe.Tests.Unit.Components;

namespace Krewe.Tests.Defects;

/// <summary>What becomes of somebody who waits for a turn when something else changes meanwhile.</summary>
public sealed class WaitingForTurnsTests(RosterSilo silo, SessionsSilo sessions) : IClassFixture<RosterSilo>, IClassFixture<SessionsSilo>
{
    /// <summary>A request that was given up before anybody looked at it did nothing.</summary>
    [Fact]
    public async Task Requests_ThatAreGivenUpWhileTheyWaitForTheirTenantsShare_AreNoChangesInTheProvidersLog()
    {
        await using var krewe = await KreweServer.StartAsync(configure: options => options with { RequestsPerSecond = 1 });
        await krewe.PutHostAsync("turns.example", new JsonObject { ["tenant"] = "t" });
        var (_, made) = await krewe.SendAsync(HttpMethod.Post, "/api/v1/hosts/turns.example/keys", """{ "name": "x", "scopes": ["settings"] }""");
        using var client = new HttpClient { BaseAddress = krewe.Http.BaseAddress };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (string)JsonNode.Parse(made)!["key"]!);
        for (var i = 0; i < 2; i++)
        {
            using var answer = await client.GetAsync("api/v1/hosts/turns.example");
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.PostAsJsonAsync("api/v1/hosts/turns.example/keys", new { name = "y", scopes = new[] { "settings" } }, stop.Token));
        }));
        await Task.Delay(1500);

        var (_, log) = await krewe.SendAsync(HttpMethod.Get, "/api/v1/audit?limit=1000", null);
        Assert.DoesNotContain("\"status\":499", log, StringComparison.Ordinal);
    }

    /// <summary>As <c>Erasure_BehindAFetch_KeepsItFromBeingWritten</c>, of a roster whose write waits for its turn.</summary>
    [Fact]
    public async Task Roster_WhoseHostIsErasedWhileItsWriteWaits_IsNotWritten()
    {
        await using var hook = await HookServer.StartAsync();
        hook.Answers(new JsonObject(Enumerable.Range(0, LargeWork.ContactsMin).Select(i => KeyValuePair.Create($"c{i}@x.example", (JsonNode?)new JsonObject()))).ToJsonString());
        var host = silo.AddHost(hook);
        Assert.Equal(LargeWork.ContactsMin, (await silo.Roster(host).GetAsync(silo.Time.GetUtcNow())).Roster!.Items.Length);
        using var gate = new ManualResetEventSlim();
        var others = Enumerable.Range(0, Math.Max(1, Environment.ProcessorCount / 2)).Select(_ => silo.Large.RunAsync("other", gate.Wait).AsTask()).ToArray();
        await Task.Delay(200);

        var restarted = silo.RestartAsync();
        await Task.Delay(500);
        silo.Hosts.Set(host with { ErasedAt = silo.Time.GetUtcNow() });
        gate.Set();
        await Task.WhenAll([.. others, restarted]).WaitAsync(Timeouts.Test);

        Assert.False(silo.Storage.Holds($"romeo@{host.Domain}"));
    }

    /// <summary>What waits for a turn is not read, so the pong behind it is not either.</summary>
    [Fact]
    public async Task Component_WhoseStanzasWaitForATurn_IsAlive()
    {
        await using var stage = new ComponentStage(sessions);
        var (connection, stream) = await stage.ConnectAsync();
        await Task.WhenAll(Enumerable.Range(0, Environment.ProcessorCount).Select(_ => stage.Services.Turns.EnterAsync("other")));
        connection.Send(string.Concat(Enumerable.Repeat($"<message from='{stage.Domain}' to='romeo@{stage.Host}'/>", 5)));
        await ComponentStage.UntilAsync(() => stage.Log.Count(static line => line.StartsWith("<message", StringComparison.Ordinal)) == 4);
        await Task.Delay(200);

        var proof = stream.ProveAliveAsync(TimeSpan.FromSeconds(5));
        var ping = await connection.UntilAsync("<ping ", "</iq>");
        connection.Send($"<iq type='result' id='{ping.Split("id='")[^1].Split('\'')[0]}' from='{stage.Domain}' to='{stage.Host}'/>");
        await Task.Delay(200);
        stage.Time.Advance(TimeSpan.FromSeconds(5));

        var isAlive = await proof.WaitAsync(Timeouts.Test);
        for (var i = 0; i < Environment.ProcessorCount; i++)
        {
            stage.Services.Turns.Leave();
        }

        Assert.True(isAlive);
    }

    /// <summary>As when the call with the initial presence has timed out (30 s) while it waited, and the client goes on: what was said last holds.</summary>
    [Fact]
    public async Task Presence_BehindOneThatWaitsForItsTurn_DoesNotPassIt()
    {
        var stage = new SessionsStage(sessions);
        await stage.OnlineAsync("juliet/x", stage.Roster(1, ("romeo", Krewe.Contracts.Rosters.SubscriptionState.Both)));
        await stage.BindAsync("romeo/a");
        var large = stage.Roster(1, [.. Enumerable.Range(0, LargeWork.ContactsMin).Select(static i => ($"c{i}", Krewe.Contracts.Rosters.SubscriptionState.To)), ("juliet", Krewe.Contracts.Rosters.SubscriptionState.Both)]);
        using var gate = new ManualResetEventSlim();
        var others = Enumerable.Range(0, Math.Max(1, Environment.ProcessorCount / 2)).Select(_ => sessions.Large.RunAsync("other", gate.Wait).AsTask()).ToArray();
        await Task.Delay(200);

        var initial = stage.AvailableAsync("romeo/a", large);
        await Task.Delay(200);
        var last = stage.UnavailableAsync("romeo/a");
        await Task.Delay(200);
        gate.Set();
        await Task.WhenAll([.. others, initial, last]).WaitAsync(Timeouts.Test);

        Assert.False((await stage.Of("romeo").ListAsync()).Single().IsAvailable);
    }
}
