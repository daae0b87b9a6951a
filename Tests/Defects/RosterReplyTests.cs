using System.Xml.Linq;

namespace Krewe.Tests.Defects;

/// <summary>prosody-modules §1.3: what a client gets when it asks for its roster.</summary>
public sealed class RosterReplyTests(RunningKrewe krewe) : IClassFixture<RunningKrewe>
{
    private static readonly object Impatient = new { http_roster_wait = 0.1, http_roster_timeout = 0.5 };

    public static TheoryData<string> Failures => HookAnswers.Failures;

    /// <summary>prosody-modules §1.3-1: no version, no feature.</summary>
    [Fact]
    public async Task RosterResult_OfAnHttpRoster_HasAVersionAndTheFeaturesOfRosters()
    {
        var tenant = await krewe.TenantAsync();
        tenant.Lists("alice", "bob");
        var client = await tenant.LoginAsync("alice");
        var query = (await client.RosterAsync(" ver=''")).Element(XmppClient.Roster + "query")!;
        var version = (string)query.Attribute("ver")!;

        Assert.NotEmpty(version);
        Assert.NotNull(client.Features.Element(XName.Get("ver", "urn:xmpp:features:rosterver")));
        Assert.Null((await client.RosterAsync($" ver='{version}'")).Element(XmppClient.Roster + "query"));
        var features = (await client.AskAsync("get", "<query xmlns='http://jabber.org/protocol/disco#info'/>", client.Bare)).Descendants()
            .Concat((await client.AskAsync("get", "<query xmlns='http://jabber.org/protocol/disco#info'/>", tenant.Domain)).Descendants());
        Assert.Contains(features, feature => (string?)feature.Attribute("var") == "jabber:iq:roster");
    }

    /// <summary>prosody-modules §1.3-3, -4, -5, §6.2: an error and the end of the stream, or no reply ever.</summary>
    [Theory]
    [MemberData(nameof(Failures))]
    public async Task RosterGet_WhileTheHookFails_IsAnsweredAndTheStreamLives(string failure)
    {
        var tenant = await krewe.TenantAsync(HookAnswers.IsSlow(failure) ? Impatient : null);
        tenant["alice"] = HookAnswers.Failing(failure);
        var client = await tenant.LoginAsync("alice");
        var reply = await client.RosterAsync();

        if (failure == "404")
        {
            // Contract §5: an unknown user has no contacts.
            Assert.Empty(reply.Element(XmppClient.Roster + "query")!.Elements());
        }
        else
        {
            Assert.Equal(("internal-server-error", "wait"), (XmppClient.Condition(reply), XmppClient.ErrorType(reply)));
        }

        await client.AssertAliveAsync();
        await client.AvailableAsync();

        // What failed is not remembered: the next get asks again.
        tenant.Lists("alice", "bob");
        if (HookAnswers.IsSlow(failure))
        {
            // The fetch for the presence may still be under way, and this get joins it.
            await client.RosterAsync();
        }

        if (failure != "404")
        {
            Assert.Equal([tenant.Jid("bob")], await client.ContactsAsync());
        }
    }

    /// <summary>prosody-modules §7: no last known good roster.</summary>
    [Theory]
    [MemberData(nameof(Failures))]
    public async Task RosterGet_WhileTheHookFailsAndACopyIsHeld_ServesTheCopy(string failure)
    {
        var tenant = await krewe.TenantAsync(HookAnswers.IsSlow(failure) ? Impatient : null);
        tenant.Lists("alice", "bob", "carol");
        await tenant.LogoutAsync(await tenant.OnlineAsync("alice"));

        tenant["alice"] = HookAnswers.Failing(failure);
        var client = await tenant.LoginAsync("alice");

        Assert.Equal([tenant.Jid("bob"), tenant.Jid("carol")], await client.ContactsAsync());
        await client.AvailableAsync();
        Assert.Empty(client.Pushes);
    }

    /// <summary>prosody-modules §1.3-5: a silent application left the client without a word; with a copy it waits so long and no longer.</summary>
    [Fact]
    public async Task RosterGet_WhileTheHookIsSlow_ServesTheCopyAndPushesTheDifference()
    {
        var tenant = await krewe.TenantAsync(new { http_roster_wait = 0.1 });
        tenant.Lists("alice", "bob");
        await tenant.LogoutAsync(await tenant.OnlineAsync("alice"));

        var gate = new TaskCompletionSource();
        tenant["alice"] = HookAnswers.Behind(gate.Task, HookAnswers.Body($$"""{"{{tenant.Jid("carol")}}":{} }"""));
        var client = await tenant.LoginAsync("alice");
        Assert.Equal([tenant.Jid("bob")], await client.ContactsAsync());
        gate.SetResult();

        var pushed = new[] { await client.PushAsync(), await client.PushAsync() }.Select(push => push.Descendants(XmppClient.Roster + "item").Single());
        Assert.Equal(
            [$"{tenant.Jid("bob")} remove", $"{tenant.Jid("carol")} both"],
            pushed.Select(item => $"{(string?)item.Attribute("jid")} {(string?)item.Attribute("subscription")}").Order());
    }

    /// <summary>prosody-modules §1.3-6: the fetch does not hold up the session.</summary>
    [Fact]
    public async Task OtherStanzas_WhileARosterIsFetched_AreAnswered()
    {
        var tenant = await krewe.TenantAsync();
        var gate = new TaskCompletionSource();
        tenant["alice"] = HookAnswers.Behind(gate.Task, HookAnswers.Body("{}"));
        var client = await tenant.LoginAsync("alice");
        var roster = client.RosterAsync();
        await tenant.Hook.NextRequestAsync();

        await client.AssertAliveAsync();
        Assert.False(roster.IsCompleted);
        gate.SetResult();
        Assert.Equal("result", (string?)(await roster).Attribute("type"));
    }

    /// <summary>prosody-modules §1.3-7: whose roster may be asked for.</summary>
    [Fact]
    public async Task RosterGet_OfOthers_IsRefusedWithoutTellingWhoExists()
    {
        var tenant = await krewe.TenantAsync();
        tenant.Lists("alice", "bob");
        tenant.Lists("bob", "alice");
        await tenant.LoginAsync("bob");
        var client = await tenant.LoginAsync("alice");
        const string Query = "<query xmlns='jabber:iq:roster'/>";

        Assert.Equal("result", (string?)(await client.AskAsync("get", Query, client.Bare)).Attribute("type"));
        Assert.Equal("forbidden", XmppClient.Condition(await client.AskAsync("get", Query, tenant.Jid("bob"))));
        Assert.Equal("forbidden", XmppClient.Condition(await client.AskAsync("get", Query, tenant.Jid("nobody"))));
        Assert.Equal("service-unavailable", XmppClient.Condition(await client.AskAsync("get", Query, tenant.Domain)));
        Assert.Equal(0, tenant.Calls("bob"));
    }

    /// <summary>prosody-modules §1.3-8: a set is refused, once, and changes nothing; here by RFC 6121 §2.3.3.</summary>
    [Theory]
    [InlineData("<item jid='x@y.example' name='X'/>", "not-allowed", "cancel")]
    [InlineData("<item jid='bob@{0}' subscription='remove'/>", "not-allowed", "cancel")]
    [InlineData("<item jid='x@y.example'/><item jid='z@y.example'/>", "bad-request", "modify")]
    [InlineData("", "bad-request", "modify")]
    public async Task RosterSet_OnAnHttpRoster_IsRefusedOnceAndChangesNothing(string items, string condition, string type)
    {
        var tenant = await krewe.TenantAsync();
        tenant.Lists("alice", "bob");
        var client = await tenant.OnlineAsync("alice");
        var reply = await client.AskAsync("set", $"<query xmlns='jabber:iq:roster'>{string.Format(null, items, tenant.Domain)}</query>");

        Assert.Equal((condition, type), (XmppClient.Condition(reply), XmppClient.ErrorType(reply)));
        Assert.Equal([tenant.Jid("bob")], await client.ContactsAsync());
        Assert.DoesNotContain(client.Inbox, stanza => stanza.Name.LocalName == "iq");
    }

    /// <summary>prosody-modules §6.1-1, §7: nothing survived a restart.</summary>
    [Fact]
    public async Task Restart_WhileTheHookIsDown_ServesTheLastGoodRoster()
    {
        var own = new RunningKrewe();
        await own.InitializeAsync();
        try
        {
            var tenant = await own.TenantAsync();
            tenant.Lists("alice", "bob", "carol");
            await tenant.OnlineAsync("alice");
            await own.RestartAsync();
            await tenant.Hook.DisposeAsync();

            var client = await tenant.LoginAsync("alice");
            Assert.Equal([tenant.Jid("bob"), tenant.Jid("carol")], await client.ContactsAsync());
            await client.AvailableAsync();
        }
        finally
        {
            await own.DisposeAsync();
        }
    }

    /// <summary>prosody-modules §7: no limits on where a hook may lie; contract §2.</summary>
    [Fact]
    public async Task RosterGet_WithAHookThatEgressRefuses_IsAnsweredAndNoConnectionIsMade()
    {
        var own = await RunningKrewe.StartAsync(options => options with { EgressAllow = [] });
        try
        {
            var tenant = await own.TenantAsync();
            tenant.Lists("alice", "bob");
            var client = await tenant.LoginAsync("alice");
            var reply = await client.RosterAsync();

            Assert.Equal(("internal-server-error", "wait"), (XmppClient.Condition(reply), XmppClient.ErrorType(reply)));
            await client.AvailableAsync();
            var refreshed = await tenant.RefreshAsync("alice");
            Assert.Equal(("error", 0, 1), refreshed.Counts);
            Assert.Equal("failed", refreshed.Results.Single());
            Assert.Equal(0, tenant.Hook.ConnectionCount);
        }
        finally
        {
            await own.DisposeAsync();
        }
    }
}
