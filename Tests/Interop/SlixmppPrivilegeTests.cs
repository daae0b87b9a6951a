using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Krewe.Tests.Interop;

/// <summary>A component that is written with slixmpp's XEP-0356 plugin, on a host of <c>./run</c>.</summary>
[Trait("Category", "Interop")]
public sealed class SlixmppPrivilegeTests(DemoProcess demo) : IClassFixture<DemoProcess>
{
    private const string Host = "elsinore.localhost";
    private const string Secret = "secret";

    [SlixmppFact]
    public async Task Component_ThatIsGrantedPrivileges_KnowsThem_ReadsRosters_SeesUsers_AndSpeaksForThem()
    {
        await GrantAsync("""{ "roster": "get", "message": "outgoing", "presence": "managed_entity", "iq": { "http://jabber.org/protocol/disco#info": "get" } }""");
        await using var component = SlixmppClient.StartPrivileged($"pubsub.{Host}", Secret, demo.ComponentPort);
        var granted = await component.NextAsync("privileges");
        Assert.Equal(("get", "outgoing", "managed_entity"), (Text(granted, "roster"), Text(granted, "message"), Text(granted, "presence")));

        // Of somebody who is not there, from the application.
        await component.RosterAsync($"hamlet@{Host}");
        Assert.Equal(
            """{"ophelia@elsinore.localhost":{"name":"Ophelia","groups":["Court"],"subscription":"both"}}""",
            (await component.NextAsync("roster"))["items"]!.ToJsonString());
        await component.RosterAsync($"nobody@{Host}");
        Assert.Equal("item-not-found", Text(await component.NextAsync("refused"), "condition"));

        await using var ophelia = SlixmppClient.Start($"ophelia@{Host}/brook", Secret, demo.C2SPort);
        var seen = await component.NextAsync("presence");
        Assert.Equal(($"ophelia@{Host}/brook", "available"), (Text(seen, "from"), Text(seen, "type")));

        await component.SendAsAsync($"hamlet@{Host}", $"ophelia@{Host}", "get thee to a nunnery & <so> on ☀");
        var heard = await ophelia.NextAsync("message");
        Assert.Equal(($"hamlet@{Host}", "chat", "get thee to a nunnery & <so> on ☀"), (Text(heard, "from"), Text(heard, "type"), Text(heard, "body")));

        using var application = new HttpClient { BaseAddress = demo.Contacts };
        using var saved = await application.PutAsJsonAsync(
            $"{Host}/contacts/ophelia", JsonNode.Parse("""{"hamlet@elsinore.localhost":{"name":"The prince","groups":[],"subscription":"both"}}"""));
        var push = await component.NextAsync("push");
        Assert.Equal($"ophelia@{Host}", Text(push, "from"));
        Assert.Equal("The prince", Text(push["items"]![$"hamlet@{Host}"]!.AsObject(), "name"));
    }

    [SlixmppFact]
    public async Task Component_ThatIsGrantedPrivileges_LearnsWhatAClientWants_AndNotifiesItAsAnother()
    {
        await GrantAsync("""{ "roster": "get", "message": "outgoing", "presence": "managed_entity" }""");
        await using var component = SlixmppClient.StartPrivileged($"pubsub.{Host}", Secret, demo.ComponentPort);
        await component.NextAsync("privileges");
        await using var ophelia = SlixmppClient.StartPep($"ophelia@{Host}/brook", Secret, demo.C2SPort);
        var came = Text(await component.NextAsync("presence", presence => Text(presence, "type") == "available"), "from");

        await component.CommandAsync(new JsonObject { ["do"] = "features", ["of"] = came });
        var wanted = (await component.NextAsync("features"))["features"]!.AsArray().Select(feature => (string)feature!).Where(feature => feature.EndsWith("+notify", StringComparison.Ordinal));
        Assert.Equal(["eu.siacs.conversations.axolotl.devicelist+notify", "urn:xmpp:avatar:metadata+notify"], wanted.Order());

        await component.CommandAsync(new JsonObject { ["do"] = "notify", ["as"] = $"hamlet@{Host}", ["to"] = came, ["node"] = "urn:xmpp:avatar:metadata", ["id"] = "portrait" });
        var told = await ophelia.NextAsync("item");
        Assert.Equal(
            ($"hamlet@{Host}", came, "headline", "urn:xmpp:avatar:metadata", "portrait"),
            (Text(told, "from"), Text(told, "to"), Text(told, "type"), Text(told, "node"), Text(told, "id")));
    }

    private async Task GrantAsync(string privileges)
    {
        using var provider = new HttpClient { BaseAddress = demo.Http };
        provider.DefaultRequestHeaders.Authorization = new("Bearer", demo.AdminToken);
        var document = (await provider.GetFromJsonAsync<JsonObject>($"api/v1/hosts/{Host}"))!;
        document["privileged_entities"] = new JsonObject { [$"pubsub.{Host}"] = JsonNode.Parse(privileges) };
        using var answer = await provider.PutAsJsonAsync($"api/v1/hosts/{Host}", document);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static string Text(JsonObject source, string key) => source[key]?.GetValue<string>() ?? "";
}
