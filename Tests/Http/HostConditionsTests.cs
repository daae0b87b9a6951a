using System.Net;
using System.Text;

namespace Krewe.Tests.Http;

/// <summary>RFC 9110 §13 for hosts' documents: strong and weak tags, lists, <c>*</c>, both headers at once, for reading and for changes.</summary>
[Collection(ApiCollection.Name)]
public sealed class HostConditionsTests(ApiFixture api)
{
    [Theory]
    [InlineData("{tag}", HttpStatusCode.NotModified)]
    [InlineData("W/{tag}", HttpStatusCode.NotModified)]
    [InlineData("\"1\", W/\"2\", {tag}", HttpStatusCode.NotModified)]
    [InlineData("*", HttpStatusCode.NotModified)]
    [InlineData("\"1\"", HttpStatusCode.OK)]
    [InlineData("nonsense", HttpStatusCode.OK)]
    public async Task Get_OfWhatIsThereAlready_IsNotModified(string ifNoneMatch, HttpStatusCode status)
    {
        var (path, tag) = await NewAsync();

        using var answer = await api.SendAsync(HttpMethod.Get, path, ifNoneMatch: ifNoneMatch.Replace("{tag}", tag, StringComparison.Ordinal));

        Assert.Equal((status, tag), (answer.StatusCode, answer.Headers.ETag!.Tag));
        Assert.Equal(status == HttpStatusCode.OK, (await answer.Content.ReadAsByteArrayAsync()).Length > 0);
    }

    [Theory]
    [InlineData("{tag}", HttpStatusCode.OK)]
    [InlineData("*", HttpStatusCode.OK)]
    [InlineData("\"1\"", HttpStatusCode.PreconditionFailed)]
    [InlineData("W/{tag}", HttpStatusCode.PreconditionFailed)]
    public async Task Get_OfOneVersion_IsRefusedForAnother(string ifMatch, HttpStatusCode status)
    {
        var (path, tag) = await NewAsync();

        using var answer = await api.SendAsync(HttpMethod.Get, path, ifMatch: ifMatch.Replace("{tag}", tag, StringComparison.Ordinal));

        Assert.Equal(status, answer.StatusCode);
    }

    [Theory]
    [InlineData("*", null, true)]
    [InlineData("\"1\", {tag}", null, true)]
    [InlineData("{tag}x", null, false)]
    [InlineData("W/{tag}", null, false)]
    [InlineData("W/{tag}, {tag}", null, true)]
    [InlineData(null, "*", false)]
    [InlineData(null, "{tag}", false)]
    [InlineData(null, "W/{tag}", false)]
    [InlineData(null, "\"1\", {tag}", false)]
    [InlineData(null, "\"1\", \"2\"", true)]
    [InlineData("{tag}", "\"1\"", true)]
    [InlineData("{tag}", "*", false)]
    [InlineData("*", "{tag}", false)]
    [InlineData("\"1\"", "\"1\"", false)]
    public async Task Change_UnderAnyConditions_IsMadeExactlyWhenTheyAreMet(string? ifMatch, string? ifNoneMatch, bool isMade)
    {
        foreach (var (method, rest, body) in ((HttpMethod, string, string?)[])[(HttpMethod.Put, "", """{ "isolate": true }"""), (HttpMethod.Post, "/suspend", null), (HttpMethod.Delete, "", null)])
        {
            var (path, tag) = await NewAsync();

            using var answer = await api.SendAsync(method, path + rest, body, ifMatch: Tagged(ifMatch, tag), ifNoneMatch: Tagged(ifNoneMatch, tag));

            Assert.True(answer.IsSuccessStatusCode == isMade, $"{method} {(int)answer.StatusCode}");
            if (!isMade)
            {
                await ApiFixture.AssertProblemAsync(answer, HttpStatusCode.PreconditionFailed);
                Assert.Equal("{}", (await api.GetAsync(path)).ToJsonString());
            }
        }
    }

    [Theory]
    [InlineData(null, "*", HttpStatusCode.Created)]
    [InlineData(null, "\"1\"", HttpStatusCode.Created)]
    [InlineData("*", null, HttpStatusCode.PreconditionFailed)]
    [InlineData("\"0\"", null, HttpStatusCode.PreconditionFailed)]
    [InlineData("*", "*", HttpStatusCode.PreconditionFailed)]
    public async Task Put_OfAHostThatIsNotThere_IsMadeExactlyWhenTheConditionsAreMet(string? ifMatch, string? ifNoneMatch, HttpStatusCode status)
    {
        using var answer = await api.SendAsync(HttpMethod.Put, $"/api/v1/hosts/{api.NewDomain()}", "{}", ifMatch: ifMatch, ifNoneMatch: ifNoneMatch);

        Assert.Equal(status, answer.StatusCode);
    }

    [Fact]
    public async Task Put_ByManyUnderOneCondition_IsMadeByOne()
    {
        var (path, tag) = await NewAsync();

        var answers = await Task.WhenAll(Enumerable.Range(1, 20).Select(i => api.SendAsync(HttpMethod.Put, path, $"{{ \"limits\": {{ \"rooms\": {i} }} }}", ifMatch: tag)));

        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.Equal(19, answers.Count(answer => answer.StatusCode == HttpStatusCode.PreconditionFailed));
    }

    [Fact]
    public async Task Document_ThatIsTooDeep_OrHasItsKeysTwice_IsRefusedAtTheirPlaces()
    {
        var path = $"/api/v1/hosts/{api.NewDomain()}";
        var deep = new StringBuilder().Insert(0, "{\"limits\":", 17).Append('1').Append('}', 17).ToString();
        using var tooDeep = await api.SendAsync(HttpMethod.Put, path, deep);
        Assert.Equal(["$"], await ApiFixture.AssertProblemAsync(tooDeep, HttpStatusCode.UnprocessableEntity));

        using var repeated = await api.SendAsync(
            HttpMethod.Put, path,
            """
            { "isolate": true, "isolate": true, "limits": { "rooms": 1, "rooms": 1 }, "components": { "a.b": { "type": "muc", "name": "x", "name": "y" }, "A.b": { "type": "muc" } },
              "delegations": { "urn:a": { "jid": "x.y" }, "urn:a": { "jid": "x.y" } }, "admins": ["a@b", "a@b"] }
            """);
        Assert.Equal(
            ["$.admins[1]", "$.components['A.b']", "$.components['a.b'].name", "$.delegations['urn:a']", "$.isolate", "$.limits.rooms"],
            (await ApiFixture.AssertProblemAsync(repeated, HttpStatusCode.UnprocessableEntity)).Order(StringComparer.Ordinal));
        Assert.Null(await api.Settings.GetAsync(path.Split('/')[^1]));
    }

    private static string? Tagged(string? condition, string tag) =>
        condition?.Replace("{tag}x", $"{tag[..^1]}0\"", StringComparison.Ordinal).Replace("{tag}", tag, StringComparison.Ordinal);

    private async Task<(string Path, string Tag)> NewAsync()
    {
        var path = $"/api/v1/hosts/{await api.NewHostAsync("{}")}";
        using var answer = await api.SendAsync(HttpMethod.Get, path);
        return (path, answer.Headers.ETag!.Tag);
    }
}
