namespace Krewe.Tests.Defects;

/// <summary>prosody-modules §1.7: old rosters that came back, and two authorities over one roster.</summary>
public sealed class StaleRosterTests(RunningKrewe krewe) : IClassFixture<RunningKrewe>
{
    /// <summary>§1.7-1, transcript 54: whoever looked at an offline user's roster from elsewhere froze it for ever.</summary>
    [Theory]
    [InlineData("<presence type='probe' to='{0}'/>")]
    [InlineData("<presence type='probe' to='{0}/r1'/>")]
    [InlineData("<presence to='{0}'/>")]
    [InlineData("<presence type='subscribe' to='{0}'/>")]
    [InlineData("<presence type='unsubscribe' to='{0}/r1'/>")]
    [InlineData("<iq type='get' id='q' to='{0}'><query xmlns='jabber:iq:roster'/></iq>")]
    [InlineData("<message to='{0}'><body>hello</body></message>")]
    public async Task Login_AfterAStrangerLookedAtTheOfflineUser_GetsThePresentRoster(string stanza)
    {
        var (tenant, elsewhere) = (await krewe.TenantAsync(), await krewe.TenantAsync());
        elsewhere.Lists("stranger");
        var stranger = await elsewhere.OnlineAsync("stranger");
        tenant.Lists("alice", "old");
        var look = string.Format(null, stanza, tenant.Jid("alice"));

        // Before the first login, between two, and with a refresh while offline.
        await tenant.LogoutAsync(await tenant.LoginAsync("alice"));
        await LookAsync();
        var first = await tenant.OnlineAsync("alice");
        Assert.Equal([tenant.Jid("old")], await first.ContactsAsync());
        await tenant.LogoutAsync(first);
        await LookAsync();
        tenant.Lists("alice", "new");
        Assert.Equal(["invalidated"], (await tenant.RefreshAsync("alice")).Results);
        await LookAsync();
        tenant.Lists("alice", "newer");

        var second = await tenant.OnlineAsync("alice");
        Assert.Equal([tenant.Jid("newer")], await second.ContactsAsync());
        Assert.Equal(["unchanged"], (await tenant.RefreshAsync("alice")).Results);

        async Task LookAsync()
        {
            await stranger.SendAsync(look);
            await stranger.FenceAsync(stranger);
        }
    }

    /// <summary>§1.5-2: a refresh of one who was offline did nothing; with a copy that counts as fresh it must do something.</summary>
    [Fact]
    public async Task Refresh_OfOneWhoIsOffline_MakesTheNextLoginAskWhateverIsStillFresh()
    {
        var tenant = await krewe.TenantAsync(new { http_roster_fresh_for = 3600 });
        tenant.Lists("alice", "old");
        await tenant.LogoutAsync(await tenant.OnlineAsync("alice"));
        tenant.Lists("alice", "new");
        var unasked = await tenant.OnlineAsync("alice");
        Assert.Equal([tenant.Jid("old")], await unasked.ContactsAsync());
        await tenant.LogoutAsync(unasked);
        Assert.Equal(["invalidated"], (await tenant.RefreshAsync("alice")).Results);

        Assert.Equal([tenant.Jid("new")], await (await tenant.OnlineAsync("alice")).ContactsAsync());
    }

    /// <summary>§1.7-2: with a second roster of its own the server answered from that one, and a refresh deleted the client's items.</summary>
    [Fact]
    public async Task HttpRoster_OnAHostThatHadRostersOfItsOwn_IsTheOnlyAuthority()
    {
        var tenant = await krewe.TenantAsync();
        await krewe.PutHostAsync(tenant.Domain, null);
        var client = await tenant.LoginAsync("alice");
        Assert.Equal("result", (string?)(await client.AskAsync("set", "<query xmlns='jabber:iq:roster'><item jid='own@x.example'/></query>")).Attribute("type"));
        await tenant.LogoutAsync(client);

        await krewe.PutHostAsync(tenant.Domain, tenant.Hook.Url + "/contacts/%s");
        tenant.Lists("alice", "bob");
        var later = await tenant.OnlineAsync("alice");
        Assert.Equal([tenant.Jid("bob")], await later.ContactsAsync());
        Assert.Equal("not-allowed", XmppClient.Condition(await later.AskAsync("set", "<query xmlns='jabber:iq:roster'><item jid='own@x.example'/></query>")));
        Assert.Equal(["unchanged"], (await tenant.RefreshAsync("alice")).Results);
    }

    /// <summary>A host whose application moved: its answers count from then on, without a restart.</summary>
    [Fact]
    public async Task HttpRosterUrl_Changed_IsAskedAtTheNextNeed()
    {
        var (tenant, other) = (await krewe.TenantAsync(new { http_roster_fresh_for = 3600 }), await krewe.TenantAsync());
        tenant.Lists("alice", "bob");
        await tenant.LogoutAsync(await tenant.OnlineAsync("alice"));
        other["alice"] = HookAnswers.Body("""{"moved@x.example":{}}""");
        await krewe.PutHostAsync(tenant.Domain, other.Hook.Url + "/contacts/%s", new { http_roster_fresh_for = 3600 });

        Assert.Equal(["moved@x.example"], await (await tenant.OnlineAsync("alice")).ContactsAsync());
    }
}
