namespace Krewe.Tests.Defects;

/// <summary>prosody-modules §2: subscription stanzas never alter a roster that the tenant's application keeps, whatever they are addressed to, and are answered.</summary>
public sealed class BlockedSubscriptionTests(RunningKrewe krewe) : IClassFixture<RunningKrewe>
{
    /// <summary>§2-1, §2-2: to a full JID and to a domain it went out, and the roster gained the item.</summary>
    [Theory]
    [InlineData("dave@{0}")]
    [InlineData("dave@{0}/phone")]
    [InlineData("nobody@{0}")]
    [InlineData("{0}")]
    [InlineData("dave@{1}")]
    [InlineData("dave@{1}/phone")]
    [InlineData("{1}")]
    [InlineData("x@unknown.example")]
    public async Task Subscribe_ToAnyKindOfAddress_IsNotAllowedAndChangesNothing(string to)
    {
        var (tenant, other) = (await krewe.TenantAsync(), await krewe.TenantAsync());
        tenant.Lists("alice", "bob");
        tenant.Lists("dave");
        other.Lists("dave");
        XmppClient[] daves = [await tenant.OnlineAsync("dave", "phone"), await other.OnlineAsync("dave", "phone")];
        var alice = await tenant.OnlineAsync("alice");
        var address = string.Format(null, to, tenant.Domain, other.Domain);
        await alice.SendAsync($"<presence type='subscribe' id='s1' to='{address}'/>");
        var refused = await alice.ExpectAsync(stanza => (string?)stanza.Attribute("id") == "s1");

        Assert.Equal(("presence", "error"), (refused.Name.LocalName, (string?)refused.Attribute("type")));
        Assert.Equal(address.Split('/')[0], (string?)refused.Attribute("from"));
        Assert.Equal(("not-allowed", "cancel"), (XmppClient.Condition(refused), XmppClient.ErrorType(refused)));
        Assert.Equal([tenant.Jid("bob")], await alice.ContactsAsync());
        foreach (var dave in daves)
        {
            await alice.FenceAsync(dave);
            Assert.DoesNotContain(dave.Presences, presence => ((string?)presence.Attribute("from"))!.StartsWith(alice.Bare, StringComparison.Ordinal));
        }

        Assert.Empty(alice.Pushes);
    }

    /// <summary>The other types, towards a contact: refused where they would change something, and nothing is changed.</summary>
    [Theory]
    [InlineData("unsubscribe", "both", "not-allowed")]
    [InlineData("unsubscribed", "both", "not-allowed")]
    [InlineData("subscribe", "both", null)]
    [InlineData("subscribe", "from", "not-allowed")]
    [InlineData("unsubscribe", "from", null)]
    [InlineData("unsubscribed", "to", null)]
    public async Task SubscriptionStanza_ToAContact_IsRefusedWhereItWouldChangeTheRoster(string type, string subscription, string? condition)
    {
        var tenant = await krewe.TenantAsync();
        tenant["alice"] = HookAnswers.Body($$"""{"{{tenant.Jid("bob")}}":{"subscription":"{{subscription}}"} }""");
        tenant.Lists("bob", "alice");
        var (alice, bob) = (await tenant.OnlineAsync("alice"), await tenant.OnlineAsync("bob"));
        await alice.SendAsync($"<presence type='{type}' id='s1' to='{bob.Full}'/>");
        await alice.FenceAsync(bob);
        await alice.FenceAsync(alice);

        Assert.Equal(condition, alice.Presences.Where(presence => (string?)presence.Attribute("id") == "s1").Select(XmppClient.Condition).SingleOrDefault());
        Assert.DoesNotContain(bob.Presences, presence => (string?)presence.Attribute("type") == type);
        Assert.Equal(subscription, (string?)(await alice.ItemsAsync()).Single().Attribute("subscription"));
        Assert.Equal("both", (string?)(await bob.ItemsAsync()).Single().Attribute("subscription"));
        Assert.Empty(alice.Pushes);
        Assert.Empty(bob.Pushes);
    }

    /// <summary>§2-3, §2-4, transcript 55: from a host without the module, to a full JID, it reached the client, became pending, or caused a bogus push.</summary>
    [Theory]
    [InlineData("subscribe", "")]
    [InlineData("subscribe", "/phone")]
    [InlineData("subscribed", "")]
    [InlineData("subscribed", "/phone")]
    [InlineData("unsubscribe", "")]
    [InlineData("unsubscribe", "/phone")]
    [InlineData("unsubscribed", "")]
    [InlineData("unsubscribed", "/phone")]
    public async Task SubscriptionStanza_FromAHostOfOwnRosters_NeverReachesTheClientNorTheRoster(string type, string resource)
    {
        var (tenant, open) = (await krewe.TenantAsync(), await krewe.TenantAsync());
        await krewe.PutHostAsync(open.Domain, null);
        tenant.Lists("alice", "bob");
        var alice = await tenant.OnlineAsync("alice", "phone");
        var stranger = await open.OnlineAsync("stranger");
        await stranger.SendAsync($"<presence type='{type}' id='s1' to='{alice.Bare}{resource}'/>");
        if (type == "subscribe")
        {
            // Nobody could approve it: it is answered at once.
            await stranger.PresenceFromAsync(alice.Bare, "unsubscribed");
        }

        await stranger.FenceAsync(alice);
        Assert.DoesNotContain(alice.Presences, presence => ((string?)presence.Attribute("from"))!.StartsWith(stranger.Bare, StringComparison.Ordinal));
        Assert.Empty(alice.Pushes);
        Assert.Equal([tenant.Jid("bob")], await alice.ContactsAsync());

        // Nor does it wait for the next login.
        var again = await tenant.OnlineAsync("alice");
        await again.FenceAsync(again);
        Assert.DoesNotContain(again.Presences, presence => ((string?)presence.Attribute("from"))!.StartsWith(stranger.Bare, StringComparison.Ordinal));
    }

    /// <summary>RFC 6121 §3.1.3: one whom the document lists is told that he is subscribed.</summary>
    [Fact]
    public async Task Subscribe_FromOneWhomTheDocumentLists_IsAnsweredWithSubscribed()
    {
        var (tenant, open) = (await krewe.TenantAsync(), await krewe.TenantAsync());
        await krewe.PutHostAsync(open.Domain, null);
        tenant["alice"] = HookAnswers.Body($$"""{"{{open.Jid("stranger")}}":{} }""");
        var alice = await tenant.OnlineAsync("alice");
        var stranger = await open.OnlineAsync("stranger");
        await stranger.SendAsync($"<presence type='subscribe' to='{alice.Bare}'/>");

        await stranger.PresenceFromAsync(alice.Bare, "subscribed");
        Assert.Equal("to", (string?)(await stranger.ItemsAsync()).Single().Attribute("subscription"));
        await stranger.FenceAsync(alice);
        Assert.Empty(alice.Pushes);
    }

    /// <summary>§2-5: presence to strangers stays allowed, and ends with the session.</summary>
    [Fact]
    public async Task DirectedPresence_ToAStranger_IsDeliveredAndTakenBack()
    {
        var tenant = await krewe.TenantAsync();
        tenant.Lists("alice");
        tenant.Lists("dave");
        var (alice, dave) = (await tenant.OnlineAsync("alice"), await tenant.OnlineAsync("dave"));
        await alice.SendAsync($"<presence to='{dave.Full}'/>");
        await dave.PresenceFromAsync(alice.Full);
        await tenant.LogoutAsync(alice);

        await dave.PresenceFromAsync(alice.Full, "unavailable");
    }

    /// <summary>§2, last: a probe of one who is not listed brought an <c>unsubscribed</c> that altered the roster.</summary>
    [Fact]
    public async Task Probe_OfOneWhoDoesNotListTheAsker_AltersNoRoster()
    {
        var tenant = await krewe.TenantAsync();
        tenant.Lists("alice", "bob");
        tenant.Lists("bob");
        var (alice, bob) = (await tenant.OnlineAsync("alice"), await tenant.OnlineAsync("bob"));
        await alice.SendAsync($"<presence type='probe' to='{bob.Bare}'/><presence type='probe' to='{bob.Full}'/><presence type='probe' to='{tenant.Jid("nobody")}'/>");
        await alice.FenceAsync(bob);
        await bob.FenceAsync(alice);

        Assert.DoesNotContain(alice.Presences, presence => ((string?)presence.Attribute("from"))!.StartsWith(bob.Bare, StringComparison.Ordinal));
        Assert.Equal("both", (string?)(await alice.ItemsAsync()).Single().Attribute("subscription"));
        Assert.Empty(alice.Pushes);
    }
}
