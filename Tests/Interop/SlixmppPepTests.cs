using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Krewe.Tests.Pep;

namespace Krewe.Tests.Interop;

/// <summary>What users of slixmpp have of a PEP service that is an external component: avatars and device lists, as if the server kept them.</summary>
[Trait("Category", "Interop")]
public sealed class SlixmppPepTests(DemoProcess demo) : IClassFixture<DemoProcess>
{
    private const string Verona = "verona.localhost";
    private const string Elsinore = "elsinore.localhost";
    private const string Romeo = $"romeo@{Verona}";
    private const string Juliet = $"juliet@{Verona}";
    private const string Devices = "eu.siacs.conversations.axolotl.devicelist";
    private const string AvatarMetadata = "urn:xmpp:avatar:metadata";
    private const string AvatarData = "urn:xmpp:avatar:data";

    private static readonly byte[] Picture = [0x89, .. "PNG of Romeo"u8];

    [SlixmppFact]
    public async Task Users_OfAnExternalService_PublishAndFollow_LoseItAndHaveItBack()
    {
        await GrantAsync(Verona);
        var nodes = new PepNodes();
        var service = await ServeAsync(Verona, nodes);
        await using var romeo = await StartAsync($"{Romeo}/orchard");
        await using var juliet = await StartAsync($"{Juliet}/balcony");
        await using var stranger = await StartAsync($"hamlet@{Elsinore}/castle");
        await service.Audience.WhenPresentAsync($"{Romeo}/orchard", $"{Juliet}/balcony");

        // Published, and told to contacts and to the own resources, by the account itself.
        await DoAsync(romeo, "avatar", "data", Convert.ToBase64String(Picture));
        var told = await romeo.NextAsync("item");
        var name = Text(await romeo.NextAsync("published"), "id");
        Assert.Equal((Romeo, AvatarMetadata, name), (Text(told, "from"), Text(told, "node"), Text(told, "id")));
        await ToldAsync(juliet, Romeo, AvatarMetadata, name);
        await PublishDevicesAsync(romeo, 31415, 27182);
        Assert.Equal("[31415,27182]", (await ToldAsync(juliet, Romeo, Devices, "current"))["devices"]!.ToJsonString());

        // Fetched from the account.
        Assert.Equal((Romeo, Convert.ToBase64String(Picture)), await FetchAsync(juliet, name));
        await InfoAsync(juliet, Romeo, isServed: true);
        await InfoAsync(juliet, Verona, isServed: true);
        await DoAsync(juliet, "items", "of", Romeo);
        Assert.Equal([Devices, AvatarData, AvatarMetadata], (await juliet.NextAsync("items"))["nodes"]!.AsArray().Select(node => (string)node!));

        // A second resource, and one that comes back: each is told what there is.
        await using (var pocket = await StartAsync($"{Romeo}/pocket"))
        {
            await ToldAsync(pocket, Romeo, Devices, "current");
            await ToldAsync(pocket, Romeo, AvatarMetadata, name);
            await PublishDevicesAsync(romeo, 16180);
            Assert.Equal("[16180]", (await ToldAsync(pocket, Romeo, Devices, "current"))["devices"]!.ToJsonString());
        }

        await ToldAsync(juliet, Romeo, Devices, "current");
        await using (var garden = await StartAsync($"{Juliet}/garden"))
        {
            Assert.Equal("[16180]", (await ToldAsync(garden, Romeo, Devices, "current"))["devices"]!.ToJsonString());
            await ToldAsync(garden, Romeo, AvatarMetadata, name);
        }

        // The service dies: who asks is told at once, and nobody is promised anything any more.
        service.Kill();
        await service.DisposeAsync();
        await UnservedAsync(juliet, name);
        await InfoAsync(juliet, Romeo, isServed: false);
        await InfoAsync(juliet, Verona, isServed: false);

        // It is back, and everything is, with nobody having connected anew: who is there is told what there is, as those who come are.
        service = await ServeAsync(Verona, nodes);
        await ToldAsync(juliet, Romeo, AvatarMetadata, name);
        await InfoAsync(juliet, Romeo, isServed: true);
        await InfoAsync(juliet, Verona, isServed: true);
        Assert.Equal((Romeo, Convert.ToBase64String(Picture)), await FetchAsync(juliet, name));
        await PublishDevicesAsync(romeo, 14142);
        await juliet.NextAsync("item", item => item["devices"]!.ToJsonString() == "[14142]");
        await romeo.CommandAsync(new JsonObject { ["do"] = "retract", ["node"] = Devices, ["id"] = "current" });
        await romeo.NextAsync("retracted");
        Assert.Equal("retract", Text(await juliet.NextAsync("item", item => Text(item, "kind") == "retract"), "kind"));

        // Whoever is nobody's contact heard nothing of it all, and gets nothing.
        await stranger.CommandAsync(new JsonObject { ["do"] = "fetch", ["of"] = Romeo, ["id"] = name });
        Assert.Equal("not-authorized", Text(await stranger.NextAsync("denied"), "condition"));
        Assert.DoesNotContain(stranger.Seen, line => line.Contains("\"event\":\"item\"", StringComparison.Ordinal));
        Assert.Empty(service.Failures);
        Assert.Empty(service.Strange);
        await service.DisposeAsync();
    }

    private async Task<SlixmppClient> StartAsync(string jid)
    {
        var client = SlixmppClient.StartPep(jid, PepNames.Secret, demo.C2SPort);
        await client.NextAsync("presence", presence => Text(presence, "from") == jid);
        return client;
    }

    private Task<PepService> ServeAsync(string host, PepNodes nodes) =>
        PepService.StartAsync(new IPEndPoint(IPAddress.Loopback, demo.ComponentPort), $"pubsub.{host}", host, nodes);

    private static Task DoAsync(SlixmppClient client, string what, string key, string value) => client.CommandAsync(new JsonObject { ["do"] = what, [key] = value });

    private static async Task PublishDevicesAsync(SlixmppClient client, params int[] ids)
    {
        await client.CommandAsync(new JsonObject { ["do"] = "devices", ["ids"] = new JsonArray([.. ids.Select(id => (JsonNode)id)]) });
        await client.NextAsync("published");
    }

    private static async Task<JsonObject> ToldAsync(SlixmppClient client, string owner, string node, string id)
    {
        var item = await client.NextAsync("item", item => Text(item, "node") == node);
        Assert.Equal((owner, "headline", id, "item"), (Text(item, "from"), Text(item, "type"), Text(item, "id"), Text(item, "kind")));
        return item;
    }

    private static async Task<(string From, string Data)> FetchAsync(SlixmppClient client, string id)
    {
        await client.CommandAsync(new JsonObject { ["do"] = "fetch", ["of"] = Romeo, ["id"] = id });
        var avatar = await client.NextAsync("avatar");
        return (Text(avatar, "from"), Text(avatar, "data"));
    }

    /// <summary>The connection's end is noticed in a moment; from then on every request is refused, and until then none is without an answer.</summary>
    private static async Task UnservedAsync(SlixmppClient client, string id)
    {
        await client.CommandAsync(new JsonObject { ["do"] = "fetch", ["of"] = Romeo, ["id"] = id });
        var denied = await client.NextAsync("denied");
        Assert.Equal(("service-unavailable", "cancel"), (Text(denied, "condition"), Text(denied, "type")));
    }

    private static async Task InfoAsync(SlixmppClient client, string entity, bool isServed)
    {
        await DoAsync(client, "info", "of", entity);
        var info = await client.NextAsync("info");
        var features = info["features"]!.AsArray().Select(feature => (string)feature!);
        var identities = info["identities"]!.AsArray().Select(identity => (string)identity!);
        Assert.Equal(isServed, features.Contains("http://jabber.org/protocol/pubsub"));
        Assert.Equal(isServed, identities.Contains(entity == Verona ? "pubsub/service" : "pubsub/pep"));
        Assert.Contains(entity == Verona ? "server/im" : "account/registered", identities);
    }

    private async Task GrantAsync(string host)
    {
        using var provider = new HttpClient { BaseAddress = demo.Http };
        provider.DefaultRequestHeaders.Authorization = new("Bearer", demo.AdminToken);
        var document = (await provider.GetFromJsonAsync<JsonObject>($"api/v1/hosts/{host}"))!;
        document["delegations"] = PepGrants.Delegations($"pubsub.{host}");
        document["privileged_entities"] = PepGrants.Privileges($"pubsub.{host}");
        using var answer = await provider.PutAsJsonAsync($"api/v1/hosts/{host}", document);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static string Text(JsonObject source, string key) => source[key]?.GetValue<string>() ?? "";
}
