using System.Net;
using System.Text.Json.Nodes;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Rosters;
using Krewe.Contracts.Sessions;

namespace Krewe.Tests.Http;

/// <summary>The operator's views of sessions and of cached rosters.</summary>
[Collection(ApiCollection.Name)]
public sealed class SessionAndRosterEndpointsTests(ApiFixture api)
{
    private static readonly DateTimeOffset Since = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Fact]
    public async Task Sessions_AreListedPageByPage()
    {
        var domain = await api.NewHostAsync();
        api.Sessions[domain] =
        [
            new SessionListing(Jid.Parse($"romeo@{domain}/b"), "tcp", "127.0.0.1:1", Since, true),
            new SessionListing(Jid.Parse($"romeo@{domain}/a"), "tls", "127.0.0.1:2", Since, false),
            new SessionListing(Jid.Parse($"juliet@{domain}/c"), "tcp", "127.0.0.1:3", Since, true),
        ];

        var first = await api.GetAsync($"/api/v1/hosts/{domain}/sessions?limit=2");
        var rest = await api.GetAsync($"/api/v1/hosts/{domain}/sessions?after={Uri.EscapeDataString((string)first["next"]!)}");

        Assert.Equal([$"juliet@{domain}/c", $"romeo@{domain}/a"], first["items"]!.AsArray().Select(session => (string)session!["jid"]!));
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse(
                $$"""{"jid":"romeo@{{domain}}/b","transport":"tcp","address":"127.0.0.1:1","since":"2026-01-02T03:04:05+00:00","available":true,"resumable":false}"""),
            Assert.Single(rest["items"]!.AsArray())));
        Assert.Null(rest["next"]);
    }

    [Theory]
    [InlineData("romeo@{0}/balcony", "balcony")]
    [InlineData("romeo%40{0}%2Fa%2Fb%252F%C3%BC", "a/b%2Fü")]
    [InlineData("Romeo@{0}/a/b?x=1", "a/b")]
    public async Task Session_IsEndedByItsFullJid(string written, string resource)
    {
        var domain = await api.NewHostAsync();

        using var answer = await api.SendAsync(HttpMethod.Delete, $"/api/v1/hosts/{domain}/sessions/{string.Format(null, written, domain)}");

        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Contains(($"romeo@{domain}", resource, StreamEnd.PolicyViolation), api.Ended);
    }

    [Theory]
    [InlineData("romeo%40{0}")]
    [InlineData("romeo%40{0}%2Fgone")]
    [InlineData("romeo%40other.example%2Fx")]
    [InlineData("{0}%2Fx")]
    [InlineData("%FF")]
    public async Task Session_ThatIsNoneOfTheHosts_IsNotFound(string written)
    {
        var domain = await api.NewHostAsync();

        using var answer = await api.SendAsync(HttpMethod.Delete, $"/api/v1/hosts/{domain}/sessions/{string.Format(null, written, domain)}");

        await ApiFixture.AssertProblemAsync(answer, HttpStatusCode.NotFound);
        Assert.DoesNotContain(api.Ended, ended => ended.User == "romeo@other.example");
    }

    [Fact]
    public async Task Roster_ShowsWhatIsCached()
    {
        var domain = await api.NewHostAsync();
        var roster = new RosterSnapshot("e.7", [new RosterItem(Jid.Parse("juliet@verona.localhost"), "Juliet", SubscriptionState.To, true, false, ["Friends"])]);
        api.Rosters[$"romeo@{domain}"] = new RosterStatus(
            roster, DateTimeOffset.UtcNow.AddSeconds(-60), true, "status 500", Since, [new SkippedEntry("@", "not a JID")]);

        var shown = await api.GetAsync($"/api/v1/hosts/{domain}/rosters/Romeo");

        Assert.Equal(("e.7", true, "status 500"), ((string?)shown["version"], (bool)shown["stale"]!, (string?)shown["last_error"]));
        Assert.InRange((double)shown["age"]!, 60, 120);
        Assert.Equal(
            """{"jid":"juliet@verona.localhost","name":"Juliet","subscription":"to","ask":"subscribe","approved":false,"groups":["Friends"]}""",
            Assert.Single(shown["items"]!.AsArray())!.ToJsonString());
        Assert.Equal("not a JID", (string?)Assert.Single(shown["skipped"]!.AsArray())!["reason"]);
    }

    [Fact]
    public async Task Roster_OfWhichNothingIsCached_IsNotFound()
    {
        using var answer = await api.SendAsync(HttpMethod.Get, $"/api/v1/hosts/{await api.NewHostAsync()}/rosters/nobody");

        await ApiFixture.AssertProblemAsync(answer, HttpStatusCode.NotFound);
    }
}
