using System.Net;
using Krewe.Contracts.Hosts;

namespace Krewe.Tests.Http;

/// <summary>Components of hosts over HTTP: what a document with them does, and who may have which domain.</summary>
[Collection(ApiCollection.Name)]
public sealed class ComponentEndpointsTests(ApiFixture api)
{
    [Fact]
    public async Task Put_WithComponents_HasThemServedBeforeItIsAnswered()
    {
        var domain = api.NewDomain();
        var rooms = $"rooms.{domain}";
        Assert.Null(await api.Settings.FindAsync(rooms));

        using var made = await PutAsync(domain, $$"""
            { "components": { "{{rooms}}": { "type": "muc", "muc_http_auth_url": "http://127.0.0.1:1/can-join?a=b", "muc_http_auth_authorization_header": "Bearer hush" } },
              "admins": ["romeo@{{domain}}"] }
            """);

        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var found = (await api.Settings.FindAsync(rooms))!.Value;
        Assert.Equal((domain, "Bearer hush"), (found.Host.Domain, Assert.IsType<MucServiceSettings>(found.Component).HttpAuth!.AuthorizationHeader));
        Assert.Contains($"romeo@{domain}", found.Host.Admins);
        Assert.Null(await api.Settings.GetAsync(rooms));
        using var asHost = await api.SendAsync(HttpMethod.Get, $"/api/v1/hosts/{rooms}");
        await ApiFixture.AssertProblemAsync(asHost, HttpStatusCode.NotFound);

        var shown = (await api.GetAsync($"/api/v1/hosts/{domain}")).AsObject();
        Assert.DoesNotContain("hush", shown.ToJsonString(), StringComparison.Ordinal);
        shown["components"]![rooms]!["name"] = "Rooms";
        using var replaced = await PutAsync(domain, shown.ToJsonString());
        Assert.Equal(HttpStatusCode.OK, replaced.StatusCode);
        Assert.True(api.Settings.TryFindLoaded(rooms, out var after));
        Assert.Equal(("Rooms", "Bearer hush"), (after.Component!.Name, ((MucServiceSettings)after.Component).HttpAuth!.AuthorizationHeader));

        using var removed = await PutAsync(domain, "{}");
        Assert.Null(await api.Settings.FindAsync(rooms));
    }

    [Fact]
    public async Task Put_OfAnExternalComponent_KeepsItsSecret_AndItsGrants()
    {
        var domain = api.NewDomain();
        var pubsub = $"pubsub.{domain}";
        using var made = await PutAsync(domain, $$"""
            { "components": { "{{pubsub}}": { "type": "external", "component_secret": "hush-hush" } }, "delegations": { "urn:xmpp:mam:2": { "jid": "Pubsub.{{domain}}" } },
              "privileged_entities": { "{{pubsub}}": { "roster": "both" } } }
            """);
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        Assert.DoesNotContain("hush", await made.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var before = (await api.Settings.FindAsync(pubsub))!.Value;
        Assert.Equal("hush-hush", Assert.IsType<ExternalComponentSettings>(before.Component).Secret);

        var shown = (await api.GetAsync($"/api/v1/hosts/{domain}?effective=true")).AsObject();
        Assert.DoesNotContain("hush", shown.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(30, (int)shown["delegations"]!["urn:xmpp:mam:2"]!["timeout"]!);
        shown["components"]![pubsub]!["component_conflict_resolve"] = "balance";
        using var replaced = await PutAsync(domain, shown.ToJsonString(), await api.NewKeyAsync(domain, "settings"));
        Assert.Equal(HttpStatusCode.OK, replaced.StatusCode);

        var after = (await api.Settings.FindAsync(pubsub))!.Value;
        Assert.Equal(new ExternalComponentSettings { Domain = pubsub, Secret = "hush-hush", ConflictResolve = ComponentConflict.Balance }, after.Component);
        Assert.Equal(before.Host.Delegations.AsEnumerable(), after.Host.Delegations);
        Assert.Equal(before.Host.PrivilegedEntities, after.Host.PrivilegedEntities);

        shown["http_roster_url"] = "http://127.0.0.1:1/%s";
        using var refused = await PutAsync(domain, shown.ToJsonString());
        Assert.Equal([$"$.privileged_entities['{pubsub}'].roster"], await ApiFixture.AssertProblemAsync(refused, HttpStatusCode.UnprocessableEntity));
    }

    [Fact]
    public async Task Put_WithBadComponents_TellsEveryPlaceAndChangesNothing()
    {
        var domain = await api.NewHostAsync();

        using var answer = await PutAsync(domain, $$"""
            { "components": { "{{domain}}": { "type": "muc" }, "a.{{domain}}": { "type": "external", "component_secret": "x" }, "b.{{domain}}": { "type": "muc", "foo": 1 } } }
            """);

        Assert.Equal(
            [$"$.components['{domain}']", $"$.components['a.{domain}'].component_secret", $"$.components['b.{domain}'].foo"],
            await ApiFixture.AssertProblemAsync(answer, HttpStatusCode.UnprocessableEntity));
        Assert.Equal("{}", (await api.GetAsync($"/api/v1/hosts/{domain}")).ToJsonString());
    }

    [Fact]
    public async Task Key_MayHaveComponentsBelowItsHostOnly()
    {
        var (domain, elsewhere) = (await api.NewHostAsync(), $"rooms.of.{api.NewDomain()}");
        var key = await api.NewKeyAsync(domain, "settings");

        using var refused = await PutAsync(domain, Rooms(elsewhere), key);
        Assert.Equal([$"$.components['{elsewhere}']"], await ApiFixture.AssertProblemAsync(refused, HttpStatusCode.Forbidden));
        using var insecure = await PutAsync(domain, $$"""{ "components": { "rooms.{{domain}}": { "type": "muc", "muc_http_auth_insecure": true } } }""", key);
        Assert.Equal([$"$.components['rooms.{domain}'].muc_http_auth_insecure"], await ApiFixture.AssertProblemAsync(insecure, HttpStatusCode.Forbidden));

        using var byProvider = await PutAsync(domain, Rooms(elsewhere));
        using var taken = await PutAsync(domain, Rooms($"rooms.{domain}"), key);
        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
        Assert.Equal([elsewhere, $"rooms.{domain}"], (await api.Settings.GetAsync(domain))!.Components.Keys.Order(StringComparer.Ordinal).OrderBy(name => name != elsewhere));
    }

    [Fact]
    public async Task Domain_InUse_IsRefusedByItsPath_WithoutAWordOfWhoseItIs()
    {
        var (owner, other, rooms) = (await api.NewHostAsync(), await api.NewHostAsync(), $"rooms.{api.NewDomain()}");
        using var claimed = await PutAsync(owner, Rooms(rooms));
        Assert.Equal(HttpStatusCode.OK, claimed.StatusCode);

        using var twice = await PutAsync(other, Rooms(rooms));
        Assert.DoesNotContain(owner, await twice.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal([$"$.components['{rooms}']"], await ApiFixture.AssertProblemAsync(twice, HttpStatusCode.UnprocessableEntity));
        using var host = await PutAsync(rooms, "{}");
        Assert.Equal(["$"], await ApiFixture.AssertProblemAsync(host, HttpStatusCode.UnprocessableEntity));
        using var ofAHost = await PutAsync(other, Rooms(owner));
        Assert.Equal([$"$.components['{owner}']"], await ApiFixture.AssertProblemAsync(ofAHost, HttpStatusCode.UnprocessableEntity));
        Assert.Equal(owner, (await api.Settings.FindAsync(rooms))!.Value.Host.Domain);

        using var removed = await api.SendAsync(HttpMethod.Delete, $"/api/v1/hosts/{owner}");
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        Assert.Null(await api.Settings.FindAsync(rooms));
        using var free = await PutAsync(other, Rooms(rooms));
        Assert.Equal(HttpStatusCode.OK, free.StatusCode);
        Assert.Equal(other, (await api.Settings.FindAsync(rooms))!.Value.Host.Domain);
    }

    [Fact]
    public async Task Host_Disabled_IsFoundByItsComponentAsDisabled()
    {
        var domain = api.NewDomain();
        using var made = await PutAsync(domain, Rooms($"rooms.{domain}"));
        await api.Settings.FindAsync($"rooms.{domain}");

        using var disabled = await PutAsync(domain, $$"""{ "enabled": false, "components": { "rooms.{{domain}}": { "type": "muc" } } }""");

        Assert.False((await api.Settings.FindAsync($"rooms.{domain}"))!.Value.Host.Enabled);
    }

    private static string Rooms(string domain) => $$"""{ "components": { "{{domain}}": { "type": "muc" } } }""";

    private Task<HttpResponseMessage> PutAsync(string host, string document, string token = ApiFixture.ProviderToken) =>
        api.SendAsync(HttpMethod.Put, $"/api/v1/hosts/{host}", document, token);
}
