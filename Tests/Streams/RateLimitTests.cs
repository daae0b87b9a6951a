using System.Diagnostics;
using System.Text.Json.Nodes;
using Krewe.Tests.Support;
using Krewe.Tests.Transcripts;

namespace Krewe.Tests.Streams;

/// <summary>Contract §3, <c>stanzas_per_second</c> and <c>bytes_per_second</c>: whoever sends more is read from more slowly; nothing is lost, refused or put out of order.</summary>
public sealed class RateLimitTests(LocalPathServer server) : IClassFixture<LocalPathServer>
{
    /// <summary>Five seconds' worth may come at once.</summary>
    private const int Burst = 5;

    private static int s_domains;

    private readonly string _domain = $"rate{Interlocked.Increment(ref s_domains)}.example";

    private KreweServer Krewe => server.Krewe;

    private string Component => $"c.{_domain}";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Stanzas_BeyondTheBurst_TakeTheirTime(bool isWebSocket)
    {
        await PutHostAsync(stanzas: 10);
        await using var juliet = await LogInAsync("juliet", "r", isWebSocket);
        var began = Stopwatch.GetTimestamp();

        await PingAsync(juliet, 10 * (Burst + 1));

        Assert.True(Stopwatch.GetElapsedTime(began) > TimeSpan.FromSeconds(0.7), "the last ten were allowed one by one, during a second");
    }

    [Fact]
    public async Task Sessions_OfOneUser_HaveOneShare_AndAnotherUserHasHisOwn()
    {
        await PutHostAsync(stanzas: 10);
        await using var balcony = await LogInAsync("juliet", "balcony");
        await using var garden = await LogInAsync("juliet", "garden");
        await using var romeo = await LogInAsync("romeo", "orchard");
        var began = Stopwatch.GetTimestamp();

        await Task.WhenAll(PingAsync(balcony, 10 * Burst), PingAsync(garden, 20), PingAsync(romeo, 10));

        Assert.True(Stopwatch.GetElapsedTime(began) > TimeSpan.FromSeconds(1.5), "seventy, of ten a second, are two seconds more than the burst");
        var metrics = (await Krewe.SendAsync(HttpMethod.Get, "metrics", null)).Body;
        Assert.Contains($"krewe_stream_pauses_total{{host=\"{_domain}\"}}", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RaisedLimit_CountsForAStreamThatWaitsAlready()
    {
        await PutHostAsync(stanzas: 1);
        await using var juliet = await LogInAsync("juliet", "r");
        var pinged = PingAsync(juliet, 200);
        await juliet.SendAsync("");
        Assert.False(pinged.IsCompleted);

        await PutHostAsync(stanzas: 0);

        // By the old limit it would take three minutes.
        await pinged.WaitAsync(Timeouts.Test);
    }

    [Fact]
    public async Task Bytes_OfWhiteSpace_CountToo()
    {
        await PutHostAsync(stanzas: 0, bytes: 20_000);
        await using var juliet = await LogInAsync("juliet", "r");
        var began = Stopwatch.GetTimestamp();

        await juliet.SendAsync(new string(' ', 20_000 * (Burst + 1)));
        await PingAsync(juliet, 1);

        // What came with the last of it was read with it.
        await PingAsync(juliet, 1);
        Assert.True(Stopwatch.GetElapsedTime(began) > TimeSpan.FromSeconds(0.8));
    }

    [Fact]
    public async Task Component_HasAShareOfItsOwn_AndKeepsItsStream()
    {
        await PutHostAsync(stanzas: 2);
        await using var juliet = await LogInAsync("juliet", "r");
        await using var component = new XmppActor(isByteByByte: false) { ContentNamespace = "jabber:component:accept" };
        await component.ConnectAsync(Krewe.Component);
        await component.ShakeHandsAsync(Component, "secret");
        var began = Stopwatch.GetTimestamp();

        // A hundred a second, and as many at once.
        for (var i = 0; i < 250; i++)
        {
            await component.SendAsync($"<message from='{Component}' to='{juliet.Jid}' id='m{i}'/>");
        }

        for (var i = 0; i < 250; i++)
        {
            Assert.Equal($"m{i}", (await juliet.ReceiveAsync())?.Attribute("id")?.Value);
        }

        Assert.True(Stopwatch.GetElapsedTime(began) > TimeSpan.FromSeconds(1.2));
        await component.FenceAsync();
    }

    [Fact]
    public async Task Stream_ThatWaits_EndsAtOnceWhenItIsToldTo()
    {
        await PutHostAsync(stanzas: 1);
        await using var juliet = await LogInAsync("juliet", "r");
        for (var i = 0; i < 100; i++)
        {
            await juliet.SendAsync($"<iq type='get' id='p{i}'><ping xmlns='urn:xmpp:ping'/></iq>");
        }

        while (await juliet.ReceiveAsync() is { } answer && answer.Attribute("id")?.Value != $"p{Burst - 1}")
        {
        }

        Assert.Equal(204, (await Krewe.SendAsync(HttpMethod.Delete, $"api/v1/hosts/{_domain}", null)).Status);

        while (await juliet.ReceiveAsync() is { } last)
        {
            if (last.Name.LocalName == "error")
            {
                Assert.Contains("host-gone", last.ToString(), StringComparison.Ordinal);
                return;
            }
        }

        Assert.Fail("no host-gone came");
    }

    /// <summary>Each is answered, in order.</summary>
    private static async Task PingAsync(XmppActor actor, int count)
    {
        for (var i = 0; i < count; i++)
        {
            await actor.SendAsync($"<iq xmlns='jabber:client' type='get' id='p{i}'><ping xmlns='urn:xmpp:ping'/></iq>");
        }

        for (var i = 0; i < count; i++)
        {
            var answer = await actor.ReceiveAsync();
            Assert.Equal(("result", $"p{i}"), (answer?.Attribute("type")?.Value, answer?.Attribute("id")?.Value));
        }
    }

    private Task PutHostAsync(int stanzas, int bytes = 0) => Krewe.PutHostAsync(_domain, new JsonObject
    {
        ["c2s_require_encryption"] = false,
        ["allow_unencrypted_plain_auth"] = true,
        ["limits"] = new JsonObject { ["stanzas_per_second"] = stanzas, ["bytes_per_second"] = bytes },
        ["components"] = new JsonObject { [Component] = new JsonObject { ["type"] = "external", ["component_secret"] = "secret" } },
    });

    private async Task<XmppActor> LogInAsync(string user, string resource, bool isWebSocket = false)
    {
        await Krewe.PutAccountAsync(_domain, user);
        var actor = new XmppActor(isByteByByte: false, isWebSocket ? Krewe.WebSocket : null);
        await actor.LogInAsync(Krewe.C2S, user, _domain, resource, _domain);
        return actor;
    }
}
