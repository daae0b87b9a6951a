using Krewe.Tests.Support;
using Krewe.Tests.Transcripts;
using Microsoft.AspNetCore.Http;

namespace Krewe.Tests.Doctor;

/// <summary>What the doctor says of services that decide about joins, and of those that answer a namespace.</summary>
public sealed class RoomAndNamespaceExaminationTests(LocalPathServer server) : IClassFixture<LocalPathServer>
{
    private const string Rooms = "$.components['rooms.HOST'].muc_http_auth_url";
    private const string Namespace = "$.delegations['urn:example:ns']";

    [Theory]
    [InlineData(200, """{ "allowed": true }""", "ok", ": yes.")]
    [InlineData(200, """{ "allowed": true, "role": 5, "affiliation": "king" }""", "note", ": yes. Values beside that which are of no use, and are ignored: 2.")]
    [InlineData(200, """{ "allowed": false }""", "ok", ": no.")]
    [InlineData(500, """{ "allowed": false }""", "ok", ": no.")]
    [InlineData(403, "", "ok", ": no. It said so with status 403, as it also would to a wrong Authorization; muc_http_auth_authorization_header is not set.")]
    [InlineData(200, "{\n \"allowed\": \"true\" }", "bad", "not as it should (line 2, byte 13): one \"allowed\" that is true or false is expected. {rooms}")]
    [InlineData(200, """ {}""", "bad", "not as it should (line 1, byte 2): one \"allowed\" that is true or false is expected. {rooms}")]
    [InlineData(200, "[]", "bad", "not as it should (line 1, byte 1): a JSON object is expected. {rooms}")]
    [InlineData(200, "yes", "bad", "what is not JSON (line 1, byte 1); a JSON object is expected. {rooms}")]
    [InlineData(404, "", "bad", "answered 404: there is nothing at the path of the URL. {rooms}")]
    public async Task RoomAccess_IsExplained(int status, string body, string level, string words)
    {
        await using var hook = await HookServer.StartAsync();
        hook.Answers(body, status);
        var host = await HostWithRoomsAsync(hook.Url);

        var said = await host.AskAboutAsync(Rooms);

        Assert.Equal(level, said.Level);
        const string Tail = "While it fails, those who want to enter are told to try again later; nobody who is in a room is removed.";
        Assert.EndsWith(words.Replace("{rooms}", Tail, StringComparison.Ordinal), said.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RoomAccess_IsAskedAboutARoomThatItIsFor()
    {
        await using var hook = await HookServer.StartAsync();
        hook.Answers("""{ "allowed": true }""");
        var host = await HostWithRoomsAsync(hook.Url);
        Assert.Contains(
            $" was asked whether krewe-doctor@{host.Domain} may be in krewe-doctor@rooms.{host.Domain} and answered in ", (await host.AskAboutAsync(Rooms)).Message, StringComparison.Ordinal);

        var named = await HostWithRoomsAsync(hook.Url, "\"muc_http_auth_enabled_for\": [\"vault\"]");
        Assert.Contains($"may be in vault@rooms.{named.Domain} ", (await named.AskAboutAsync(Rooms)).Message, StringComparison.Ordinal);

        await server.Krewe.SendAsync(HttpMethod.Put, $"api/v1/hosts/{host.Domain}/muc/rooms/hall@rooms.{host.Domain}", "{}");
        Assert.Contains($"may be in hall@rooms.{host.Domain} ", (await host.AskAboutAsync(Rooms)).Message, StringComparison.Ordinal);

        var chosen = await host.AskAboutAsync(Rooms, $"?user=juliet&room=cellar@rooms.{host.Domain}");
        Assert.Contains($"whether juliet@{host.Domain} may be in cellar@rooms.{host.Domain} ", chosen.Message, StringComparison.Ordinal);
        var target = hook.Requests.Last().Target;
        Assert.Equal($"/?userJID=juliet%40{host.Domain}&mucJID=cellar%40rooms.{host.Domain}&nickname=juliet", target);
        Assert.Equal(400, (await server.Krewe.SendAsync(HttpMethod.Get, $"api/v1/hosts/{host.Domain}/doctor?room=hall@elsewhere.example", null)).Status);

        // A decision that the doctor got is nobody's: the next who enters is asked about anew.
        Assert.Equal((200, """{"forgotten":0,"asked":0,"removed":0,"failed":0}"""), await server.Krewe.SendAsync(
            HttpMethod.Post, $"api/v1/hosts/{host.Domain}/muc/decisions/invalidate", $$"""{ "user": "juliet@{{host.Domain}}" }"""));
    }

    [Theory]
    [InlineData(200, """{ "type": "result" }""", "ok", " with an empty result.")]
    [InlineData(200, """{ "type": "result", "xml": "<query xmlns='urn:example:ns'/>" }""", "ok", " with a result.")]
    [InlineData(200, """{ "type": "error", "xml": "<error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>" }""", "ok", " with an error, which is passed on.")]
    [InlineData(200, """{ "type": "error" }""", "note", " with an error without xml: who asks gets service-unavailable.")]
    [InlineData(200, """{ "type": "result", "xml": "<query>" }""", "bad", " with a result, but its xml is not what may stand in an IQ: one well-formed element that declares its namespace, or the <error/>. Requests get service-unavailable.")]
    [InlineData(200, """{ "type": "fine" }""", "bad", "(line 1, byte 11): a \"type\" that is \"result\" or \"error\" is expected. While it fails, requests get service-unavailable.")]
    [InlineData(200, """{ "type": "result", "xml": 5 }""", "bad", "(line 1, byte 28): an \"xml\" that is a string, and each member once is expected. While it fails, requests get service-unavailable.")]
    [InlineData(200, "\uFEFF{}", "bad", "what is not JSON (line 1, byte 1); a JSON object is expected. While it fails, requests get service-unavailable.")]
    [InlineData(401, "", "bad", " answered 401: it wants an Authorization, which these calls do not have. They are signed with hook_secret instead. While it fails, requests get service-unavailable.")]
    [InlineData(405, "", "bad", " answered 405: it does not take POST at that URL. While it fails, requests get service-unavailable.")]
    public async Task Namespace_IsExplained(int status, string body, string level, string words)
    {
        await using var hook = await HookServer.StartAsync();
        hook.Answers(body, status);
        var host = await Examination.OfAsync(server.Krewe, $$"""{ "delegations": { "urn:example:ns": { "url": "{{hook.Url}}", "filtering": ["node"] } } }""");

        // Beside what its grant is.
        var said = Assert.Single(await host.AskAsync(), item => item.Subject == Namespace && !item.Message.StartsWith("urn:", StringComparison.Ordinal));

        Assert.Equal(level, said.Level);
        Assert.EndsWith(words, said.Message, StringComparison.Ordinal);
        var asked = System.Text.Json.Nodes.JsonNode.Parse((await hook.NextRequestAsync()).Body)!;
        Assert.Equal("get", (string?)asked["type"]);
        Assert.Equal(
            $"<iq xmlns='jabber:client' from='krewe-doctor@{host.Domain}/krewe-doctor' id='krewe-doctor' type='get'><query xmlns='urn:example:ns' node=''/></iq>", (string?)asked["xml"]);
    }

    [Fact]
    public async Task Namespaces_OfOneUrl_AreEachAskedOnce()
    {
        await using var hook = await HookServer.StartAsync();
        hook.Answers("""{ "type": "result" }""");
        var host = await Examination.OfAsync(server.Krewe, $$"""
            { "delegations": { "urn:example:ns": [ { "url": "{{hook.Url}}", "filtering": ["node"] }, { "url": "{{hook.Url}}" } ],
                               "urn:xmpp:delegation:2:bare:disco#info:*": { "url": "{{hook.Url}}" } } }
            """);
        Assert.DoesNotContain(await host.AskAsync(), said => said.Level == "bad");
        Assert.Equal(3, hook.Requests.Count);
        Assert.Single(hook.Requests, request => request.Body.Contains("http://jabber.org/protocol/disco#info", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(200, "true", "ok", ": yes.")]
    [InlineData(200, " false\n", "ok", ": no.")]
    [InlineData(200, "maybe", "bad", " answered 200, but not as it should: true or false is expected. {users}")]
    [InlineData(401, "", "bad", " answered 401: it wants another Authorization than it got. http_auth_credentials is set, but not to what it wants. {users}")]
    [InlineData(404, "false", "bad", " answered 404: there is nothing at the path of the URL. {users}")]
    public async Task Authentication_IsExplained(int status, string body, string level, string words)
    {
        await using var hook = await HookServer.StartAsync();
        hook.Answers(body, status);
        var host = await Examination.OfAsync(
            server.Krewe, $$"""{ "authentication": "http", "http_auth_url": "{{hook.Url}}/users", "http_auth_credentials": "krewe:secret" }""");

        var said = Assert.Single(await host.AskAsync("?user=juliet"), static said => said.Subject == "$.http_auth_url" && !said.Message.Contains("made up", StringComparison.Ordinal));

        Assert.Equal(level, said.Level);
        Assert.EndsWith(words.Replace("{users}", "While it fails, those whose passwords it knows cannot log in.", StringComparison.Ordinal), said.Message, StringComparison.Ordinal);
        Assert.Single(hook.Requests, request => request.Target == $"/users/user_exists?user=juliet&server={host.Domain}");
        Assert.Equal(2, hook.Requests.Count);
    }

    /// <summary>The service is asked for a password too, of somebody who is made up: one that says yes would let in anybody.</summary>
    [Theory]
    [InlineData("false", "ok", ": no, as it should.")]
    [InlineData("true", "bad", ": yes. It lets in whoever asks, under any name.")]
    [InlineData("perhaps", "bad", " answered 200, but not as it should: true or false is expected. While it fails, those whose passwords it knows cannot log in.")]
    public async Task Password_ThatNobodyHas_IsExplained(string body, string level, string words)
    {
        await using var hook = await HookServer.StartAsync();
        hook.Handler = context => context.Response.WriteAsync(context.Request.Path == "/check_password" ? body : "true");
        var host = await Examination.OfAsync(server.Krewe, $$"""{ "authentication": "http", "http_auth_url": "{{hook.Url}}" }""");

        var said = Assert.Single(await host.AskAsync("?user=juliet"), said => said.Subject == "$.http_auth_url" && said.Message.EndsWith(words, StringComparison.Ordinal));

        Assert.Equal(level, said.Level);
        var target = Assert.Single(hook.Requests, static request => request.Target.StartsWith("/check_password", StringComparison.Ordinal)).Target;
        Assert.Matches($"^/check_password\\?user=krewe-doctor&server={host.Domain}&pass=[0-9a-f]{{32}}$", target);
    }

    private Task<Examination> HostWithRoomsAsync(string url, string? settings = null) => Examination.OfAsync(server.Krewe, $$"""
        { "components": { "rooms.HOST": { "type": "muc", "muc_http_auth_url": "{{url}}"{{(settings is null ? "" : ", " + settings)}} } } }
        """);
}
