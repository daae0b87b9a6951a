using System.Net;
using System.Text.Json.Nodes;
using Krewe.Frontend.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Tests.Http;

/// <summary>Keys in the place of others, and what keys are told of their last use (contract: HTTP API).</summary>
[Collection(ApiCollection.Name)]
public sealed class KeyRotationTests(ApiFixture api)
{
    [Fact]
    public async Task Rotation_MakesAKeyLikeTheOldOne_AndBothAreGood()
    {
        var (domain, old) = await NewKeyAsync("settings", "roster");
        var before = DateTimeOffset.UtcNow;

        var made = await RotateAsync(domain, old);

        Assert.Equal(((string?)old["name"], """["settings","roster"]"""), ((string?)made["name"], made["scopes"]!.ToJsonString()));
        Assert.NotEqual((string?)old["id"], (string?)made["id"]);
        Assert.Null(made["expires_at"]);
        foreach (var token in (string[])[(string)old["key"]!, (string)made["key"]!])
        {
            await api.GetAsync($"/api/v1/hosts/{domain}", token);
        }

        var listed = (await api.GetAsync($"/api/v1/hosts/{domain}/keys"))["items"]!.AsArray();
        Assert.Equal(2, listed.Count);
        var oldOne = listed.Single(key => (string?)key!["id"] == (string?)old["id"])!;
        Assert.Equal((string?)made["id"], (string?)oldOne["replaced_by"]);
        Assert.InRange(oldOne["expires_at"]!.GetValue<DateTimeOffset>(), before.AddSeconds(86_399), DateTimeOffset.UtcNow.AddSeconds(86_400));
    }

    [Fact]
    public async Task Rotation_WithoutOverlap_EndsTheOldKeyAtOnce()
    {
        var (domain, old) = await NewKeyAsync("settings");
        await api.GetAsync($"/api/v1/hosts/{domain}", (string)old["key"]!);

        var made = await RotateAsync(domain, old, """{ "expires_in": 0 }""");

        using var refused = await api.SendAsync(HttpMethod.Get, $"/api/v1/hosts/{domain}", token: (string)old["key"]!, from: api.NewAddress());
        await ApiFixture.AssertProblemAsync(refused, HttpStatusCode.Unauthorized);
        await api.GetAsync($"/api/v1/hosts/{domain}", (string)made["key"]!);
    }

    [Fact]
    public async Task Rotation_OfAKeyThatRunsOut_IsForAsLongATime_AndNeverPutsOffTheOldOnesEnd()
    {
        var end = DateTimeOffset.UtcNow.AddHours(1);
        var (domain, old) = await NewKeyAsync(end, "settings");

        var made = await RotateAsync(domain, old);

        Assert.InRange(made["expires_at"]!.GetValue<DateTimeOffset>(), end, end.AddMinutes(1));
        var kept = await api.GetAsync($"/api/v1/hosts/{domain}/keys/{old["id"]}");
        Assert.Equal(old["expires_at"]!.GetValue<DateTimeOffset>(), kept["expires_at"]!.GetValue<DateTimeOffset>());
    }

    [Fact]
    public async Task Rotation_OfAKeyThatHasASuccessor_IsRefused_UntilThatIsGone()
    {
        var (domain, old) = await NewKeyAsync("settings");
        var made = await RotateAsync(domain, old);

        using (var refused = await api.SendAsync(HttpMethod.Post, $"/api/v1/hosts/{domain}/keys/{old["id"]}/rotate"))
        {
            await ApiFixture.AssertProblemAsync(refused, HttpStatusCode.Conflict);
        }

        using var deleted = await api.SendAsync(HttpMethod.Delete, $"/api/v1/hosts/{domain}/keys/{made["id"]}");
        await RotateAsync(domain, old);
    }

    [Fact]
    public async Task Rotation_NeedsTheScopesOfTheKey()
    {
        var (domain, old) = await NewKeyAsync("settings", "muc");
        var key = await api.NewKeyAsync(domain, "settings", "roster");

        using var refused = await api.SendAsync(HttpMethod.Post, $"/api/v1/hosts/{domain}/keys/{old["id"]}/rotate", token: key);

        await ApiFixture.AssertProblemAsync(refused, HttpStatusCode.Forbidden);
        Assert.Null((await api.GetAsync($"/api/v1/hosts/{domain}/keys/{old["id"]}"))["replaced_by"]);
    }

    [Theory]
    [InlineData("""{ "expires_in": -1 }""", HttpStatusCode.UnprocessableEntity)]
    [InlineData("""{ "expires_in": 2592001 }""", HttpStatusCode.UnprocessableEntity)]
    [InlineData("""{ "expires_in": "1" }""", HttpStatusCode.BadRequest)]
    [InlineData("""{ "more": 1 }""", HttpStatusCode.BadRequest)]
    public async Task Rotation_ThatIsNotValid_IsRefused(string body, HttpStatusCode status)
    {
        var (domain, old) = await NewKeyAsync("settings");

        using var answer = await api.SendAsync(HttpMethod.Post, $"/api/v1/hosts/{domain}/keys/{old["id"]}/rotate", body);

        await ApiFixture.AssertProblemAsync(answer, status);
    }

    [Fact]
    public async Task LastUse_IsTold_AndKeptWhenItIsWritten()
    {
        var (domain, key) = await NewKeyAsync("settings");
        Assert.Null((await api.GetAsync($"/api/v1/hosts/{domain}/keys/{key["id"]}"))["last_used_at"]);
        var (before, address) = (DateTimeOffset.UtcNow, api.NewAddress());

        using var used = await api.SendAsync(HttpMethod.Get, $"/api/v1/hosts/{domain}", token: (string)key["key"]!, from: address);

        var listed = Assert.Single((await api.GetAsync($"/api/v1/hosts/{domain}/keys"))["items"]!.AsArray())!;
        Assert.Equal(address, (string?)listed["last_used_from"]);
        Assert.InRange(listed["last_used_at"]!.GetValue<DateTimeOffset>(), before, DateTimeOffset.UtcNow);

        await api.Services.GetRequiredService<KeyUses>().WriteAsync(isAll: true);
        var kept = Assert.Single(await api.Grains.GetGrain<Krewe.Contracts.Hosts.IKeyRingGrain>(domain).ListAsync());
        Assert.Equal((address, listed["last_used_at"]!.GetValue<DateTimeOffset>()), (kept.LastUsedFrom, kept.LastUsedAt));
    }

    private Task<(string Domain, JsonNode Key)> NewKeyAsync(params string[] scopes) => NewKeyAsync(null, scopes);

    private async Task<(string Domain, JsonNode Key)> NewKeyAsync(DateTimeOffset? expiresAt, params string[] scopes)
    {
        var domain = await api.NewHostAsync();
        var body = new JsonObject { ["name"] = "app", ["scopes"] = new JsonArray([.. scopes.Select(scope => (JsonNode)scope)]) };
        if (expiresAt is { } end)
        {
            body["expires_at"] = end;
        }

        return (domain, await api.JsonAsync(HttpMethod.Post, $"/api/v1/hosts/{domain}/keys", body.ToJsonString()));
    }

    private Task<JsonNode> RotateAsync(string domain, JsonNode key, string? body = null) =>
        api.JsonAsync(HttpMethod.Post, $"/api/v1/hosts/{domain}/keys/{key["id"]}/rotate", body);
}
