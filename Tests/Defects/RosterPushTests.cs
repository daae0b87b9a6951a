using System.Xml.Linq;

namespace Krewe.Tests.Defects;

/// <summary>prosody-modules §1.5-11, §1.5-12, §1.6: what a refresh sends, and to whom.</summary>
public sealed class RosterPushTests(RunningKrewe krewe) : IClassFixture<RunningKrewe>
{
    /// <summary>§1.6-1: no <c>to</c>, no version.</summary>
    [Fact]
    public async Task RosterPush_OfSeveralChanges_HasOneItemAndAVersionOfItsOwnEach()
    {
        var tenant = await krewe.TenantAsync();
        tenant.Lists("alice", "bob", "carol", "dave");
        var client = await tenant.OnlineAsync("alice");
        tenant.Lists("alice", "dave", "erin", "frank");
        await tenant.RefreshAsync("alice");
        var pushes = new List<XElement>();
        for (var i = 0; i < 4; i++)
        {
            pushes.Add(await client.PushAsync());
        }

        await client.FenceAsync(client);
        Assert.Empty(client.Pushes);
        Assert.All(pushes, push =>
        {
            Assert.Equal(client.Full, (string?)push.Attribute("to"));
            Assert.Contains((string?)push.Attribute("from"), (IEnumerable<string?>)[null, client.Bare]);
            Assert.Single(push.Descendants(XmppClient.Roster + "item"));
        });
        Assert.Equal(4, pushes.Select(push => (string?)push.Attribute("id")).Distinct().Count());
        var versions = pushes.Select(push => (string?)push.Element(XmppClient.Roster + "query")!.Attribute("ver")).ToList();
        Assert.Equal(4, versions.Distinct().Count());
        Assert.Equal(versions[^1], (string?)(await client.RosterAsync()).Element(XmppClient.Roster + "query")!.Attribute("ver"));
    }

    /// <summary>§1.6-2: only the set of contacts was compared; a new name or group was never noticed.</summary>
    [Theory]
    [InlineData("""{"name":"Robert"}""", "name")]
    [InlineData("""{"name":"Bob","groups":["B"]}""", "group")]
    [InlineData("""{"name":"Bob","groups":["A"],"subscription":"to"}""", "subscription")]
    [InlineData("""{"name":"Bob","groups":["A"],"approved":true}""", "approved")]
    [InlineData("""{"groups":["A"]}""", "no name")]
    public async Task Refresh_WithAChangedContact_PushesAndStoresIt(string entry, string what)
    {
        var tenant = await krewe.TenantAsync();
        tenant["alice"] = HookAnswers.Body($$"""{"{{tenant.Jid("bob")}}":{"name":"Bob","groups":["A"]},"{{tenant.Jid("carol")}}":{} }""");
        var client = await tenant.OnlineAsync("alice");
        tenant["alice"] = HookAnswers.Body($$"""{"{{tenant.Jid("bob")}}":{{entry}},"{{tenant.Jid("carol")}}":{} }""");
        var refreshed = await tenant.RefreshAsync("alice");

        Assert.Equal((what, 1), (what, refreshed.Detail("alice")["changed"]!.GetValue<int>()));
        var pushed = (await client.PushAsync()).Descendants(XmppClient.Roster + "item").Single();
        Assert.Equal(tenant.Jid("bob"), (string?)pushed.Attribute("jid"));
        var stored = (await client.ItemsAsync()).Single(item => (string?)item.Attribute("jid") == tenant.Jid("bob"));
        Assert.Equal(pushed.ToString(), stored.ToString());
        Assert.Empty(client.Pushes);
    }

    /// <summary>Every device that asked for the roster, and no other.</summary>
    [Fact]
    public async Task RosterPush_ToAUserOfThreeDevices_GoesToThoseThatAsked()
    {
        var tenant = await krewe.TenantAsync();
        tenant.Lists("alice", "bob");
        var (one, two) = (await tenant.OnlineAsync("alice"), await tenant.OnlineAsync("alice"));
        var uninterested = await tenant.LoginAsync("alice");
        await uninterested.AvailableAsync();
        tenant.Lists("alice");
        await tenant.RefreshAsync("alice");

        await one.PushAsync();
        await two.PushAsync();
        await uninterested.FenceAsync(uninterested);
        Assert.Empty(uninterested.Pushes);
    }

    /// <summary>§1.6-3: the user did not get the new contact's presence unless the other side was refreshed too.</summary>
    [Fact]
    public async Task Refresh_WithANewContact_ShowsBothSidesTheirPresence()
    {
        var tenant = await krewe.TenantAsync();
        tenant.Lists("alice");
        tenant.Lists("bob", "alice");
        var (alice, bob) = (await tenant.OnlineAsync("alice"), await tenant.OnlineAsync("bob"));
        await bob.AvailableAsync("<status>here</status>");
        await bob.FenceAsync(alice);
        Assert.DoesNotContain(bob.Presences, presence => From(presence, alice));
        alice.Forget();
        tenant.Lists("alice", "bob");
        await tenant.RefreshAsync("alice");

        await alice.PushAsync();
        Assert.Contains("here", (await alice.PresenceFromAsync(bob.Full)).Value, StringComparison.Ordinal);
        await bob.PresenceFromAsync(alice.Full);
    }

    /// <summary>§1.6-4: the user went on seeing a contact who was gone, and his changes.</summary>
    [Fact]
    public async Task Refresh_WithoutAContact_TellsBothSidesAndEndsThePresence()
    {
        var tenant = await krewe.TenantAsync();
        tenant.Lists("alice", "bob");
        tenant.Lists("bob", "alice");
        var (alice, bob) = (await tenant.OnlineAsync("alice"), await tenant.OnlineAsync("bob"));
        await alice.PresenceFromAsync(bob.Full);
        await bob.PresenceFromAsync(alice.Full);
        tenant.Lists("alice");
        await tenant.RefreshAsync("alice");

        await alice.PresenceFromAsync(bob.Full, "unavailable");
        await bob.PresenceFromAsync(alice.Full, "unavailable");
        await alice.AvailableAsync("<show>away</show>");
        await alice.FenceAsync(bob);
        Assert.DoesNotContain(bob.Presences, presence => From(presence, alice));

        // Both sides refreshed: bob's changes do not come either.
        tenant.Lists("bob");
        await tenant.RefreshAsync("bob");
        await bob.FenceAsync(alice);
        alice.Forget();
        await bob.AvailableAsync("<show>away</show>");
        await bob.FenceAsync(alice);
        Assert.DoesNotContain(alice.Presences, presence => From(presence, bob));
        Assert.DoesNotContain(bob.Presences, presence => From(presence, alice));
    }

    /// <summary>§1.6-4: a resource that never sent presence told the removed contact that it was unavailable.</summary>
    [Fact]
    public async Task Refresh_WithoutAContactOfOneWhoIsNotAvailable_TellsTheContactNothing()
    {
        var tenant = await krewe.TenantAsync();
        tenant.Lists("alice", "bob");
        tenant.Lists("bob", "alice");
        var bob = await tenant.OnlineAsync("bob");
        var alice = await tenant.LoginAsync("alice");
        await alice.RosterAsync();
        tenant.Lists("alice");
        Assert.Equal(["updated"], (await tenant.RefreshAsync("alice")).Results);

        await alice.PushAsync();
        await alice.FenceAsync(bob);
        Assert.DoesNotContain(bob.Presences, presence => From(presence, alice));
    }

    /// <summary>§1.6-5: presence before the roster get reached nobody, and nothing repaired it.</summary>
    [Fact]
    public async Task InitialPresence_BeforeTheRosterGet_ReachesTheContacts()
    {
        var tenant = await krewe.TenantAsync();
        tenant.Lists("alice", "bob");
        tenant.Lists("bob", "alice");
        var bob = await tenant.OnlineAsync("bob");
        var alice = await tenant.LoginAsync("alice");
        await alice.AvailableAsync();

        await bob.PresenceFromAsync(alice.Full);
        await alice.PresenceFromAsync(bob.Full);
        Assert.Equal([tenant.Jid("bob")], await alice.ContactsAsync());
        Assert.Equal(1, tenant.Calls("alice"));
    }

    /// <summary>§1.6-5 while the hook is slow: the presence waits for the roster, and what comes later for the presence.</summary>
    [Fact]
    public async Task InitialPresence_WhileTheHookIsSlow_ReachesTheContactsInOrder()
    {
        var tenant = await krewe.TenantAsync();
        tenant.Lists("bob", "alice");
        var bob = await tenant.OnlineAsync("bob");
        var gate = new TaskCompletionSource();
        tenant["alice"] = HookAnswers.Behind(gate.Task, HookAnswers.Body($$"""{"{{tenant.Jid("bob")}}":{} }"""));
        var alice = await tenant.LoginAsync("alice");
        await tenant.Hook.NextRequestAsync();
        await alice.SendAsync($"<presence/><message type='chat' to='{bob.Full}'><body>hello</body></message>");
        await tenant.Hook.NextRequestAsync();
        gate.SetResult();

        await bob.ExpectAsync(stanza => stanza.Name.LocalName == "message");
        Assert.Contains(bob.Presences, presence => From(presence, alice));
    }

    /// <summary>§1.6-5 while the hook is down: the contacts learn of it when the roster comes.</summary>
    [Fact]
    public async Task InitialPresence_WhileTheHookFails_ReachesTheContactsWhenTheRosterComes()
    {
        var tenant = await krewe.TenantAsync();
        tenant.Lists("bob", "alice");
        var bob = await tenant.OnlineAsync("bob");
        tenant["alice"] = HookAnswers.Failing("500");
        var alice = await tenant.LoginAsync("alice");
        await alice.AvailableAsync();
        tenant.Lists("alice", "bob");
        Assert.Equal(["updated"], (await tenant.RefreshAsync("alice")).Results);

        await bob.PresenceFromAsync(alice.Full);
        await alice.PresenceFromAsync(bob.Full);
    }

    /// <summary>The same where an old copy is held that may not be served any more: what is confirmed has no changes, and must be told all the same.</summary>
    [Theory]
    [InlineData("unchanged", "{\"bob@%\":{}}")]
    [InlineData("updated", "{\"bob@%\":{\"name\":\"Bob\"},\"carol@%\":{}}")]
    public async Task InitialPresence_WithAnExpiredCopyWhileTheHookFails_ReachesTheContactsWhenTheRosterComes(string result, string document)
    {
        var tenant = await krewe.TenantAsync(new { http_roster_stale_for = 0 });
        tenant.Lists("bob", "alice");
        tenant.Lists("alice", "bob");
        await tenant.LogoutAsync(await tenant.OnlineAsync("alice"));
        var bob = await tenant.OnlineAsync("bob");
        tenant["alice"] = HookAnswers.Failing("500");
        var alice = await tenant.LoginAsync("alice");
        Assert.Equal("internal-server-error", XmppClient.Condition(await alice.RosterAsync()));
        await alice.AvailableAsync();
        Assert.DoesNotContain(bob.Presences, presence => From(presence, alice));
        tenant["alice"] = HookAnswers.Body(document.Replace("%", tenant.Domain, StringComparison.Ordinal));
        Assert.Equal([result], (await tenant.RefreshAsync("alice")).Results);

        await bob.PresenceFromAsync(alice.Full);
        await alice.PresenceFromAsync(bob.Full);
        Assert.DoesNotContain(bob.Presences, presence => From(presence, alice));
    }

    /// <summary>And where a second device brings the roster that the first one could not get.</summary>
    [Fact]
    public async Task InitialPresence_OfASecondDeviceWithTheRoster_ShowsTheFirstOneToo()
    {
        var tenant = await krewe.TenantAsync();
        tenant.Lists("bob", "alice");
        var bob = await tenant.OnlineAsync("bob");
        tenant["alice"] = HookAnswers.Failing("500");
        var first = await tenant.LoginAsync("alice");
        await first.AvailableAsync();
        tenant.Lists("alice", "bob");
        var second = await tenant.OnlineAsync("alice");

        await bob.PresenceFromAsync(first.Full);
        await bob.PresenceFromAsync(second.Full);
        await first.PresenceFromAsync(bob.Full);
        await second.PresenceFromAsync(bob.Full);
    }

    /// <summary>§1.6-6, transcript 17: one bad key kept the presence from half of the contacts, and messages from the user.</summary>
    [Fact]
    public async Task InitialPresence_WithBadKeysInTheRoster_ReachesEveryGoodContact()
    {
        var tenant = await krewe.TenantAsync();
        string[] contacts = ["bob", "carol", "dave", "erin"];
        var others = new List<XmppClient>();
        foreach (var contact in contacts)
        {
            tenant.Lists(contact, "alice");
            others.Add(await tenant.OnlineAsync(contact));
        }

        var entries = contacts.Select(contact => tenant.Jid(contact))
            .Concat(["@@ not a jid", "", "@", $"CAROL@{tenant.Domain.ToUpperInvariant()}", "x@unknown.example", "pending", tenant.Jid("alice"), tenant.Domain]);
        tenant["alice"] = HookAnswers.Body($"{{{string.Join(',', entries.Select(entry => $"\"{entry}\":{{}}"))}}}");
        var alice = await tenant.OnlineAsync("alice");

        foreach (var other in others)
        {
            await other.PresenceFromAsync(alice.Full);
            await alice.PresenceFromAsync(other.Full);
        }

        // No error comes back for those who cannot be reached, and a message to the bare JID arrives.
        Assert.DoesNotContain(alice.Presences, presence => (string?)presence.Attribute("type") == "error");
        await others[0].SendAsync($"<message type='chat' to='{alice.Bare}' id='m'><body>hello</body></message>");
        await alice.ExpectAsync(stanza => (string?)stanza.Attribute("id") == "m");
    }

    /// <summary>§1.6-7: one-sided listing showed A's presence to B without asking whether B wanted it, and not the other way round. Specs R-048: the owner's roster decides.</summary>
    [Theory]
    [InlineData("both", true, false)]
    [InlineData("from", true, false)]
    [InlineData("to", false, false)]
    [InlineData("none", false, false)]
    public async Task Presence_OfAOneSidedRoster_GoesWhereTheOwnersRosterSays(string subscription, bool isShownToBob, bool isShownToAlice)
    {
        var tenant = await krewe.TenantAsync();
        tenant.Lists("bob");
        tenant["alice"] = HookAnswers.Body($$"""{"{{tenant.Jid("bob")}}":{"subscription":"{{subscription}}"} }""");
        var (bob, alice) = (await tenant.OnlineAsync("bob"), await tenant.OnlineAsync("alice"));
        await alice.AvailableAsync("<show>away</show>");
        await bob.AvailableAsync("<show>away</show>");
        await alice.FenceAsync(bob);
        await bob.FenceAsync(alice);

        Assert.Equal(isShownToBob, bob.Presences.Any(presence => From(presence, alice)));
        Assert.Equal(isShownToAlice, alice.Presences.Any(presence => From(presence, bob)));
    }

    /// <summary>§1.4, §1.3-2: every item was both, whatever the document said; here it is obeyed, and followed when it changes.</summary>
    [Fact]
    public async Task Refresh_WithAnotherSubscription_ChangesWhoSeesWhom()
    {
        var tenant = await krewe.TenantAsync();
        tenant.Lists("bob", "alice");
        Says("none");
        var (bob, alice) = (await tenant.OnlineAsync("bob"), await tenant.OnlineAsync("alice"));
        Says("to");
        await tenant.RefreshAsync("alice");
        await alice.PresenceFromAsync(bob.Full);
        Says("from");
        await tenant.RefreshAsync("alice");
        await alice.PresenceFromAsync(bob.Full, "unavailable");
        await bob.PresenceFromAsync(alice.Full);
        Says("none");
        await tenant.RefreshAsync("alice");
        await bob.PresenceFromAsync(alice.Full, "unavailable");
        await alice.FenceAsync(bob);
        Assert.DoesNotContain(bob.Presences, presence => From(presence, alice));

        void Says(string subscription) => tenant["alice"] = HookAnswers.Body($$"""{"{{tenant.Jid("bob")}}":{"subscription":"{{subscription}}"} }""");
    }

    /// <summary>§1.6-8: across hosts as within one.</summary>
    [Fact]
    public async Task Presence_AcrossHosts_IsAsWithinOne()
    {
        var (one, two) = (await krewe.TenantAsync(), await krewe.TenantAsync());
        one["alice"] = HookAnswers.Body($$"""{"{{two.Jid("bob")}}":{} }""");
        two["bob"] = HookAnswers.Body($$"""{"{{one.Jid("alice")}}":{} }""");
        var (alice, bob) = (await one.OnlineAsync("alice"), await two.OnlineAsync("bob"));
        await alice.PresenceFromAsync(bob.Full);
        await bob.PresenceFromAsync(alice.Full);
        one["alice"] = HookAnswers.Body("{}");
        await one.RefreshAsync("alice");

        await alice.PresenceFromAsync(bob.Full, "unavailable");
        await bob.PresenceFromAsync(alice.Full, "unavailable");
    }

    /// <summary>§1.5-11: a contact added to one without presence crashed the refresh; it and later contacts were lost.</summary>
    [Fact]
    public async Task Refresh_OfOneWhoIsNotAvailable_PushesEveryChangeAndIsAnswered()
    {
        var tenant = await krewe.TenantAsync();
        tenant.Lists("alice");
        tenant.Lists("bob", "alice");
        var bob = await tenant.OnlineAsync("bob");
        var alice = await tenant.LoginAsync("alice");
        await alice.RosterAsync();
        tenant.Lists("alice", "bob", "carol", "dave");
        var refreshed = await tenant.RefreshAsync("alice");

        Assert.Equal(3, refreshed.Detail("alice")["added"]!.GetValue<int>());
        for (var i = 0; i < 3; i++)
        {
            await alice.PushAsync();
        }

        await alice.AvailableAsync();
        await bob.PresenceFromAsync(alice.Full);
        await alice.PresenceFromAsync(bob.Full);
    }

    /// <summary>§1.5-12: one who never asked had his roster fetched, and fetched again when he asked.</summary>
    [Fact]
    public async Task Refresh_OfOneWhoNeverAsked_PushesNothingAndServesTheLaterGet()
    {
        var tenant = await krewe.TenantAsync();
        tenant.Lists("alice", "bob");
        var alice = await tenant.LoginAsync("alice");
        Assert.Equal(("ok", 1, 0), (await tenant.RefreshAsync("alice")).Counts);
        await alice.FenceAsync(alice);

        Assert.Empty(alice.Pushes);
        Assert.Equal([tenant.Jid("bob")], await alice.ContactsAsync());
        Assert.Equal(1, tenant.Calls("alice"));
    }

    private static bool From(XElement presence, XmppClient client) => (string?)presence.Attribute("from") == client.Full;
}
