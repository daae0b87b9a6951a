using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Components;
using Krewe.Frontend.Delegation;
using Krewe.Frontend.Xml;
using Krewe.Tests.Support;
using Krewe.Tests.Transcripts;
using Krewe.Tests.Unit.Delegation;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Tests.Streams;

/// <summary>XEP-0355 under load, over real sockets: floods, races and a delegate that is lost with much to do.</summary>
public sealed class DelegationTests(LocalPathServer server) : IClassFixture<LocalPathServer>
{
    private static int s_domains;

    private readonly string _domain = $"f{Interlocked.Increment(ref s_domains)}.example";

    private KreweServer Krewe => server.Krewe;

    private string Component => $"pubsub.{_domain}";

    [Fact]
    public async Task Replies_ForgedByTheHundredThousand_AreIgnored()
    {
        await PutHostAsync();
        await using var component = await ConnectAsync();
        await using var juliet = await LogInAsync("juliet");
        await juliet.SendAsync("<iq type='get' id='q'><query xmlns='urn:example:ns'/></iq>");
        var wrapper = (await component.ReceiveAsync())!.Attribute("id")!.Value;

        for (var batch = 0; batch < 100; batch++)
        {
            var flood = new StringBuilder();
            for (var i = 0; i < 1000; i++)
            {
                flood.Append(CultureInfo.InvariantCulture, $"<iq type='result' id='{(batch * 1000) + i:x32}' from='{Component}' to='{_domain}'/>");
            }

            await component.SendAsync(flood.ToString());
        }

        await component.SendAsync(Reply(wrapper, $"<iq xmlns='jabber:client' type='result' id='q' to='{juliet.Jid}'><found xmlns='urn:example:ns'/></iq>"));
        Assert.Equal("found", (await juliet.ReceiveAsync())?.Elements().Single().Name.LocalName);
        Assert.Empty(Krewe.Errors.Take());
    }

    [Fact]
    public async Task Delegate_LostWith100Pending_LeavesNobodyWaiting()
    {
        await PutHostAsync();
        await using var component = await ConnectAsync();
        await using var juliet = await LogInAsync("juliet");
        await using var romeo = await LogInAsync("romeo");
        for (var i = 0; i < 50; i++)
        {
            foreach (var user in new[] { juliet, romeo })
            {
                await user.SendAsync($"<iq type='get' id='q{i}'><query xmlns='urn:example:ns'/></iq>");
            }
        }

        for (var i = 0; i < 100; i++)
        {
            Assert.NotNull(await component.ReceiveAsync());
        }

        component.Break();

        foreach (var user in new[] { juliet, romeo })
        {
            var told = new HashSet<string>();
            for (var i = 0; i < 50; i++)
            {
                var error = await user.ReceiveAsync();
                Assert.Contains("service-unavailable", error!.ToString(), StringComparison.Ordinal);
                Assert.DoesNotContain(Component, error.ToString(), StringComparison.Ordinal);
                told.Add(error.Attribute("id")!.Value);
            }

            Assert.Equal(50, told.Count);
        }

        Assert.Equal(0, Krewe.Services.GetRequiredService<PendingIqs>().Total);
    }

    /// <summary>Specs D-015.</summary>
    [Fact]
    public async Task Delegate_ThatConnectsWhileRequestsCome_IsToldOfItsGrantFirst()
    {
        await PutHostAsync();
        await using var juliet = await LogInAsync("juliet");
        using var stop = new CancellationTokenSource();
        var hammering = Task.Run(async () =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                await juliet.SendAsync($"<iq type='get' id='{i}'><query xmlns='urn:example:ns'/></iq>");
                Assert.NotNull(await juliet.ReceiveAsync());
            }
        });
        for (var i = 0; i < 20; i++)
        {
            await using var component = new XmppActor(isByteByByte: false) { ContentNamespace = "jabber:component:accept" };
            await component.ConnectAsync(Krewe.Component);
            await component.ShakeHandsAsync(Component, "secret");
            Assert.Equal("message", (await component.ReceiveAsync())?.Name.LocalName);
            var asked = await component.ReceiveAsync();
            Assert.Equal("iq", asked?.Name.LocalName);
            await component.SendAsync("</stream:stream>");
            while (await component.ReceiveAsync() is { } rest && rest.Name != XmppStreamReader.End)
            {
                Assert.Equal("iq", rest.Name.LocalName);
            }
        }

        await stop.CancelAsync();
        await hammering;
    }

    /// <summary>Specs D-062.</summary>
    [Fact]
    public async Task Requests_OfOneUserBeyondTheLimit_AreRefusedUntilThereIsRoom()
    {
        await PutHostAsync();
        await using var component = await ConnectAsync();
        await using var juliet = await LogInAsync("juliet");
        for (var i = 0; i <= PendingIqs.OfRequesterMax; i++)
        {
            await juliet.SendAsync($"<iq type='get' id='q{i}'><query xmlns='urn:example:ns'/></iq>");
        }

        var refused = await juliet.ReceiveAsync();
        Assert.Equal($"q{PendingIqs.OfRequesterMax}", refused?.Attribute("id")?.Value);
        Assert.Contains("resource-constraint", refused!.ToString(), StringComparison.Ordinal);

        // In the order of their coming.
        for (var i = 0; i < PendingIqs.OfRequesterMax; i++)
        {
            var wrapper = await component.ReceiveAsync();
            Assert.Equal($"q{i}", wrapper!.Descendants("{jabber:client}iq").Single().Attribute("id")?.Value);
            await component.SendAsync(Reply(wrapper.Attribute("id")!.Value, $"<iq xmlns='jabber:client' type='result' id='q{i}' to='{juliet.Jid}'/>"));
            Assert.Equal($"q{i}", (await juliet.ReceiveAsync())?.Attribute("id")?.Value);
        }

        await juliet.SendAsync("<iq type='get' id='more'><query xmlns='urn:example:ns'/></iq>");
        Assert.NotNull(await component.ReceiveAsync());
        var metrics = (await Krewe.SendAsync(HttpMethod.Get, "metrics", null)).Body;
        Assert.Contains($"krewe_delegation_requests_total{{host=\"{_domain}\",outcome=\"answered\"}} {PendingIqs.OfRequesterMax}\n", metrics, StringComparison.Ordinal);
        Assert.Contains($"krewe_delegation_pending{{host=\"{_domain}\"}} 1\n", metrics, StringComparison.Ordinal);
    }

    /// <summary>Specs D-026: by whatever address a delegate asks, it is not asked back.</summary>
    [Fact]
    public async Task Request_MadeByTheDelegateInAUsersName_IsNotForwarded()
    {
        await PutHostAsync();
        await using var component = await ConnectAsync();
        var forwarder = Krewe.Services.GetRequiredService<DelegationForwarder>();
        var host = await Krewe.Services.GetRequiredService<IHostSettingsSource>().GetAsync(_domain);
        var juliet = new Requester($"juliet@{_domain}");
        var bytes = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'><iq type='get' id='q'><query xmlns='urn:example:ns'/></iq>"u8.ToArray();
        var buffer = new ReadOnlySequence<byte>(bytes);
        var framer = new StanzaFramer(bytes.Length);
        Assert.True(framer.TryRead(ref buffer, out _));
        Assert.True(framer.TryRead(ref buffer, out var frame));

        Assert.True(Krewe.Services.GetRequiredService<ComponentTable>().TryPick(Component, juliet.Address.Bare, out var own));
        Assert.False(forwarder.TryForward(juliet, host!, null, frame.Bytes.FirstSpan, frame.Head, exceptEntity: own));
        Assert.True(forwarder.TryForward(juliet, host!, null, frame.Bytes.FirstSpan, frame.Head));

        Assert.Equal($"juliet@{_domain}", (await component.ReceiveAsync())?.Descendants("{jabber:client}iq").Single().Attribute("from")?.Value);
        Assert.Empty(juliet.Told);
    }

    private string Reply(string wrapper, string iq) =>
        $"<iq type='result' id='{wrapper}' from='{Component}' to='{_domain}'><delegation xmlns='urn:xmpp:delegation:2'><forwarded xmlns='urn:xmpp:forward:0'>{iq}</forwarded></delegation></iq>";

    private Task PutHostAsync() => Krewe.PutHostAsync(_domain, new JsonObject
    {
        ["c2s_require_encryption"] = false,
        ["allow_unencrypted_plain_auth"] = true,
        ["limits"] = new JsonObject { ["stanzas_per_second"] = 0, ["bytes_per_second"] = 0 },
        ["delegations"] = new JsonObject { ["urn:example:ns"] = new JsonObject { ["jid"] = Component } },
        ["components"] = new JsonObject { [Component] = new JsonObject { ["type"] = "external", ["component_secret"] = "secret" } },
    });

    /// <summary>Connected, told of its grant, and asked from now on.</summary>
    private async Task<XmppActor> ConnectAsync()
    {
        var component = new XmppActor(isByteByByte: false) { ContentNamespace = "jabber:component:accept" };
        await component.ConnectAsync(Krewe.Component);
        await component.ShakeHandsAsync(Component, "secret");

        // What it is told, and asked about itself (XEP-0355 §7.2), is not for here. Whoever noticed first asks: it may come behind what it asks itself.
        var came = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            came.Add((await component.ReceiveAsync())!.Name.LocalName);
        }

        Assert.Equal(["iq", "iq", "message"], came.Order());
        return component;
    }

    private async Task<XmppActor> LogInAsync(string user)
    {
        await Krewe.PutAccountAsync(_domain, user);
        var actor = new XmppActor(isByteByByte: false);
        await actor.LogInAsync(Krewe.C2S, user, _domain, "r", _domain);
        return actor;
    }
}
