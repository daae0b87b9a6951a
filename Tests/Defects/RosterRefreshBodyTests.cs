using System.Net;
using System.Text;
using System.Text.Json;

namespace Krewe.Tests.Defects;

/// <summary>prosody-modules §1.5, the table: what is sent to the refresh. Everything is answered, and badness is said.</summary>
public sealed class RosterRefreshBodyTests(RunningKrewe krewe) : IClassFixture<RunningKrewe>
{
    [Fact]
    public async Task RosterRefresh_WithEmptyArray_IsAnswered()
    {
        var tenant = await krewe.TenantAsync();
        var refreshed = await PostAsync(tenant, "[]");

        Assert.Equal(HttpStatusCode.OK, refreshed.Status);
        Assert.Equal(("ok", 0, 0), refreshed.Counts);
        Assert.Equal("application/json", refreshed.Response.Content.Headers.ContentType?.MediaType);
    }

    [Theory]
    [InlineData("""{"users":["alice"]}""")]
    [InlineData("{}")]
    [InlineData("\"alice\"")]
    [InlineData("5")]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("false")]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("[\"alice\"")]
    [InlineData("[\"alice\",]")]
    [InlineData("[\"alice\"] x")]
    [InlineData("[\"alice\"][]")]
    [InlineData("alice")]
    [InlineData("[[\"alice\"]]")]
    [InlineData("[\"alice\",5]")]
    [InlineData("[\"alice\",null]")]
    [InlineData("[\"alice\",true]")]
    [InlineData("[\"alice\",{}]")]
    [InlineData("[\"\\ud800\"]")]
    public async Task RosterRefresh_WithAnythingElse_IsBadRequestWithTheFourKeys(string body)
    {
        var tenant = await krewe.TenantAsync();
        tenant.Lists("alice");
        await tenant.OnlineAsync("alice");
        foreach (var isDetailed in (bool[])[false, true])
        {
            var refused = isDetailed ? await tenant.RefreshWithAsync(body) : await PostAsync(tenant, body);

            Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
            Assert.Equal("application/json", refused.Response.Content.Headers.ContentType?.MediaType);
            Assert.Equal(["errors", "message", "status", "updated"], refused.Body.AsObject().Select(pair => pair.Key).Order());
            Assert.Equal(("error", 0, 0), refused.Counts);
        }

        Assert.Equal(1, tenant.Calls("alice"));
    }

    [Fact]
    public async Task RosterRefresh_WithoutABody_IsBadRequest()
    {
        var tenant = await krewe.TenantAsync();
        var refused = await RefreshReply.OfAsync(await krewe.Provider.PostAsync($"/roster_admin/refresh?host={tenant.Domain}", null));

        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.Equal(("error", 0, 0), refused.Counts);
    }

    [Fact]
    public async Task RosterRefresh_WithBytesThatAreNoUtf8_IsBadRequest()
    {
        var tenant = await krewe.TenantAsync();
        using var content = new ByteArrayContent([.. "[\"al"u8, 0xFF, .. "ice\"]"u8]);
        var refused = await RefreshReply.OfAsync(await krewe.Provider.PostAsync($"/roster_admin/refresh?host={tenant.Domain}", content));

        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
    }

    /// <summary>A body that was too long was 404 before.</summary>
    [Theory]
    [InlineData(8, true)]
    [InlineData(8, false)]
    [InlineData(32, true)]
    [InlineData(32, false)]
    public async Task RosterRefresh_OverEightMebibytes_IsContentTooLarge(int mebibytes, bool isChunked)
    {
        var tenant = await krewe.TenantAsync();
        var body = $"[\"{new string('a', mebibytes * 1024 * 1024)}\"]";
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/roster_admin/refresh?host={tenant.Domain}") { Content = RunningKrewe.Json(body) };
        request.Headers.TransferEncodingChunked = isChunked;
        using var answer = await krewe.Provider.SendAsync(request);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Equal(("ok", 0, 0), (await PostAsync(tenant, "[]")).Counts);
    }

    [Fact]
    public async Task RosterRefresh_OfMoreThanAHundredThousandNames_IsContentTooLarge()
    {
        var tenant = await krewe.TenantAsync();

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await PostAsync(tenant, Names(100_001))).Status);
        Assert.Equal(("ok", 100_000, 0), (await PostAsync(tenant, Names(100_000))).Counts);
    }

    [Fact]
    public async Task RosterRefresh_OfTenThousandOfflineNames_CountsThemAll()
    {
        var tenant = await krewe.TenantAsync();
        var refreshed = await tenant.RefreshWithAsync(Names(10_000));

        Assert.Equal(("ok", 10_000, 0), refreshed.Counts);
        Assert.Equal(10_000, refreshed.Results.Count(result => result == "invalidated"));
        Assert.Empty(tenant.Hook.Requests);
    }

    /// <summary>The media type is ignored, as it was.</summary>
    [Theory]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("text/plain; charset=utf-16")]
    [InlineData(null)]
    public async Task RosterRefresh_OfAnyMediaType_IsRead(string? type)
    {
        var tenant = await krewe.TenantAsync();
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes("[\"alice\"]"));
        if (type is not null)
        {
            content.Headers.TryAddWithoutValidation("Content-Type", type);
        }

        Assert.Equal(("ok", 1, 0), (await RefreshReply.OfAsync(await krewe.Provider.PostAsync($"/roster_admin/refresh?host={tenant.Domain}", content))).Counts);
    }

    /// <summary>§1.5-1: names that match nobody counted as updated, whatever they were.</summary>
    [Fact]
    public async Task RosterRefresh_OfNamesOfEveryKind_SaysWhatBecameOfEach()
    {
        var tenant = await krewe.TenantAsync();
        tenant.Lists("alice", "bob");
        await tenant.OnlineAsync("alice");
        string[] names =
        [
            "alice", "ALICE", tenant.Jid("alice"), tenant.Jid("alice") + "/r1", "alice@elsewhere.example", "nobody", "", "@", "a b", tenant.Domain, "alice/r1", "zoë",
        ];
        var refreshed = await tenant.RefreshAsync(names);

        Assert.Equal(
            ["unchanged", "unchanged", "unchanged", "invalid", "invalid", "invalidated", "invalid", "invalid", "invalid", "invalidated", "invalid", "invalidated"],
            refreshed.Results);
        Assert.Equal(("ok", 6, 6), refreshed.Counts);
        Assert.Equal(2, tenant.Calls("alice"));
    }

    /// <summary>§1.5-3: status was always ok.</summary>
    [Fact]
    public async Task RosterRefresh_OfWhichAllFail_SaysError()
    {
        var tenant = await krewe.TenantAsync();

        Assert.Equal(("error", 0, 2), (await PostAsync(tenant, """["@","a b"]""")).Counts);
        Assert.Equal(("ok", 1, 1), (await PostAsync(tenant, """["@","alice"]""")).Counts);
    }

    /// <summary>§1.5-4: each duplicate was fetched.</summary>
    [Fact]
    public async Task RosterRefresh_OfDuplicates_FetchesOnceAndCountsEach()
    {
        var tenant = await krewe.TenantAsync();
        tenant.Lists("alice", "bob");
        await tenant.OnlineAsync("alice");
        tenant.Lists("alice", "carol");
        var refreshed = await tenant.RefreshAsync([.. Enumerable.Repeat("alice", 20)]);

        Assert.Equal(("ok", 20, 0), refreshed.Counts);
        Assert.Equal(Enumerable.Repeat("updated", 20), refreshed.Results);
        Assert.Equal(2, tenant.Calls("alice"));
    }

    [Fact]
    public async Task RosterRefresh_Detailed_SaysWhatChanged()
    {
        var tenant = await krewe.TenantAsync();
        tenant["alice"] = HookAnswers.Body("""{"a@x.example":{},"b@x.example":{},"c@x.example":{},"d@x.example":{}}""");
        await tenant.OnlineAsync("alice");
        tenant["alice"] = HookAnswers.Body("""{"a@x.example":{},"b@x.example":{"name":"B"},"e@x.example":{}}""");
        var detail = (await tenant.RefreshAsync("alice")).Detail("alice");

        Assert.Equal(("updated", 1, 1, 2), (detail["result"]!.GetValue<string>(), detail["added"]!.GetValue<int>(), detail["changed"]!.GetValue<int>(), detail["removed"]!.GetValue<int>()));
        Assert.Null(detail["error"]);
    }

    private static string Names(int count) => JsonSerializer.Serialize(Enumerable.Range(0, count).Select(i => $"u{i}"));

    private async Task<RefreshReply> PostAsync(Tenant tenant, string body) =>
        await RefreshReply.OfAsync(await krewe.Provider.PostAsync($"/roster_admin/refresh?host={tenant.Domain}", RunningKrewe.Json(body)));
}
