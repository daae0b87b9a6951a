using System.Text.Json.Nodes;

namespace Krewe.Tests.Defects;

/// <summary>Rosters so large that reading, writing and telling them takes turns with everybody else's work: nothing else about them differs.</summary>
public sealed class LargeRosterTests(RunningKrewe krewe) : IClassFixture<RunningKrewe>
{
    private const int Contacts = 2000;

    [Fact]
    public async Task EveryContact_IsThere_PresenceReachesThem_AndOneChangeIsOnePush()
    {
        var tenant = await krewe.TenantAsync();
        tenant["alice"] = HookAnswers.Body(Document(tenant, "Last"));
        tenant.Lists("bob", "alice");
        var bob = await tenant.OnlineAsync("bob");
        var alice = await tenant.LoginAsync("alice");

        Assert.Equal(Contacts + 1, (await alice.ItemsAsync()).Count);
        await alice.AvailableAsync();
        await bob.PresenceFromAsync(alice.Full);

        tenant["alice"] = HookAnswers.Body(Document(tenant, "Renamed"));
        Assert.Equal(("ok", 1, 0), (await tenant.RefreshAsync("alice")).Counts);
        Assert.Contains("Renamed", (await alice.PushAsync()).ToString(), StringComparison.Ordinal);
        await alice.AvailableAsync("<show>away</show>");
        await bob.ExpectAsync(stanza => stanza.Name.LocalName == "presence" && stanza.Elements().Any(static child => child.Value == "away"));
        await tenant.LogoutAsync(alice);
        await bob.PresenceFromAsync(alice.Full, "unavailable");
        Assert.Empty(alice.Pushes.Skip(1));
    }

    [Fact]
    public async Task UserOfManyDevices_WhoAllAskAtOnce_IsAnsweredOnAll()
    {
        var tenant = await krewe.TenantAsync();
        tenant["alice"] = HookAnswers.Body(Document(tenant, "Last"));
        var first = await tenant.LoginAsync("alice", "d0");
        XmppClient[] devices = [first, .. await Task.WhenAll(Enumerable.Range(1, 7).Select(i => tenant.LoginAsync("alice", $"d{i}")))];

        var rosters = await Task.WhenAll(devices.Select(static device => device.ItemsAsync()));

        Assert.All(rosters, static roster => Assert.Equal(Contacts + 1, roster.Count));
        Assert.Equal(1, tenant.Calls("alice"));
    }

    private static string Document(Tenant tenant, string last) => new JsonObject(
        Enumerable.Range(0, Contacts).Select(i => KeyValuePair.Create(tenant.Jid($"away{i}"), (JsonNode?)new JsonObject { ["name"] = i < Contacts - 1 ? $"Contact {i}" : last }))
            .Append(KeyValuePair.Create(tenant.Jid("bob"), (JsonNode?)new JsonObject()))).ToJsonString();
}
