using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Delegation;
using Krewe.Contracts.Rosters;
using Krewe.Grains.Delegation;
using Krewe.Grains.Muc;
using Krewe.Grains.Outbound;
using Krewe.Grains.Rosters;
using Krewe.Tests.Architecture;
using Microsoft.OpenApi;

namespace Krewe.Tests.Unit.Docs;

/// <summary>What integrators read is what Krewe does.</summary>
public sealed partial class IntegratorsTests
{
    private static readonly string Guide = Read("integrators.md");
    private static readonly OpenApiDocument Hooks = Parse(Read("hooks.openapi.json"));

    [Fact]
    public void Description_IsWithoutErrors()
    {
        var reading = OpenApiDocument.Parse(Read("hooks.openapi.json"), "json");

        Assert.Empty(reading.Diagnostic!.Errors);
        Assert.Empty(reading.Diagnostic.Warnings);
    }

    [Fact]
    public void SignaturesOfTheGuide_AreThoseThatKreweMakes()
    {
        ReadOnlyMemory<byte>[] secrets = [.. SecretPattern().Matches(Guide).Select(match => (ReadOnlyMemory<byte>)Convert.FromBase64String(match.Groups[1].Value)).Take(2)];
        var id = IdPattern().Match(Guide).Groups[1].Value;
        var timestamp = long.Parse(TimestampPattern().Match(Guide).Groups[1].Value);

        var vectors = VectorPattern().Matches(Guide);

        Assert.Equal(3, vectors.Count);
        Assert.All(vectors, vector => Assert.Equal(
            vector.Groups[3].Value,
            HookSignature.Sign(id, timestamp, Encoding.UTF8.GetBytes(vector.Groups[1].Value), [secrets[vector.Groups[2].Value == "first" ? 0 : 1]])));
    }

    [Fact]
    public void SignedBodyOfTheGuide_IsWhatKreweSends()
    {
        const string Xml = "<iq xmlns='jabber:client' type='get' id='q1' from='alice@chat.example/phone'><notes xmlns='urn:example:notes'/></iq>";
        var body = DelegationClient.Body("chat.example", new DelegatedIq(
            "urn:example:notes", "https://app.example/namespace", "alice@chat.example/phone", null, "q1", "get", "urn:example:notes", Encoding.UTF8.GetBytes(Xml)));

        Assert.Contains($"`{Encoding.UTF8.GetString(body.Span)}`", Guide, StringComparison.Ordinal);
    }

    [Fact]
    public void RequestAboutARoom_HasTheDescribedParameters()
    {
        var url = MucAuthClient.Url("https://app.example/can-join", "team@rooms.chat.example", "alice@chat.example", "Alice")!;
        var described = Operation("/can-join", HttpMethod.Get).Parameters!.Where(parameter => parameter.In == ParameterLocation.Query).Select(parameter => parameter.Name!);

        Assert.Equal(described, url.Query.TrimStart('?').Split('&').Select(pair => pair.Split('=')[0]));
        Assert.Contains(url.PathAndQuery, Guide, StringComparison.Ordinal);
    }

    [Fact]
    public void RequestForANamespace_HasTheDescribedMembers()
    {
        var body = DelegationClient.Body("chat.example", new DelegatedIq("urn:example:notes", "https://app.example/n", "a@chat.example/b", "chat.example", "q1", "set", "urn:example:notes", default));
        using var json = JsonDocument.Parse(body);

        Assert.Equal(Hooks.Components!.Schemas!["NamespaceRequest"].Properties!.Keys, json.RootElement.EnumerateObject().Select(member => member.Name));
    }

    [Fact]
    public void ExampleOfARoster_IsTakenWhole()
    {
        var example = Answer("/contacts/{user}", HttpMethod.Get).Example!.ToJsonString();

        var roster = RosterDocument.Parse(Encoding.UTF8.GetBytes(example), Jid.Parse("alice@chat.example"), 0, RosterSnapshot.Empty)!;

        Assert.Equal(3, roster.Items.Length);
        Assert.Equal(0, roster.SkippedCount);
    }

    [Theory]
    [InlineData("admitted", (int)MucAnswerKind.Admitted)]
    [InlineData("refused", (int)MucAnswerKind.Refused)]
    public void ExamplesOfDecisions_AreUnderstood(string name, int kind)
    {
        var example = Answer("/can-join", HttpMethod.Get).Examples![name].Value!.ToJsonString();

        var answer = MucAuthAnswer.Read(new HookResponse(HookOutcome.Ok, 200) { Body = Encoding.UTF8.GetBytes(example) });

        Assert.Equal((kind, 0), ((int)answer.Kind, answer.IgnoredCount));
    }

    [Theory]
    [InlineData("result", DelegatedOutcome.Result)]
    [InlineData("error", DelegatedOutcome.Error)]
    public void ExamplesOfNamespaces_AreUnderstood(string name, DelegatedOutcome outcome)
    {
        var example = Answer("/namespace", HttpMethod.Post).Examples![name].Value!.ToJsonString();

        var answer = DelegationAnswer.Read(Encoding.UTF8.GetBytes(example));

        Assert.Equal(outcome, answer.Outcome);
        Assert.False(answer.Xml.IsEmpty);
    }

    private static OpenApiOperation Operation(string path, HttpMethod method) => Hooks.Paths[path].Operations![method];

    private static OpenApiMediaType Answer(string path, HttpMethod method) => Operation(path, method).Responses!["200"].Content!["application/json"];

    private static OpenApiDocument Parse(string json) => OpenApiDocument.Parse(json, "json").Document!;

    private static string Read(string name) => File.ReadAllText(Path.Combine(SourceTree.Root, "docs", name));

    [GeneratedRegex("whsec_([A-Za-z0-9+/=]{20,})")]
    private static partial Regex SecretPattern();

    [GeneratedRegex("the id `(msg_[A-Za-z0-9]+)`")]
    private static partial Regex IdPattern();

    [GeneratedRegex("the timestamp `([0-9]+)`")]
    private static partial Regex TimestampPattern();

    [GeneratedRegex(@"^\| `(.+)` \| (first|second): `(v1,[^`]+)` \|$", RegexOptions.Multiline)]
    private static partial Regex VectorPattern();
}
