using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Delegation;
using Krewe.Contracts.Hosts;
using Krewe.Tests.Support;

namespace Krewe.Tests.Grains.Delegation;

/// <summary>Contract §5, "Namespace": the call to the tenant's service, against a real one.</summary>
public sealed class DelegationGrainTests(DelegationSilo silo) : IClassFixture<DelegationSilo>
{
    [Fact]
    public async Task Ask_PostsTheRequestAndGivesTheAnswer()
    {
        await using var service = await HookServer.StartAsync();
        service.Answers("""{"type":"result","xml":"<query xmlns='urn:example:ns'/>"}""");
        var host = silo.AddHost($"{service.Url}/iq?a=b");

        var answer = await AskAsync(host);

        Assert.Equal((DelegatedOutcome.Result, "<query xmlns='urn:example:ns'/>"), (answer.Outcome, Encoding.UTF8.GetString(answer.Xml.Span)));
        var request = Assert.Single(service.Requests);
        Assert.Equal(("POST", "/iq?a=b", "application/json"), (request.Method, request.Target, request.Headers["Content-Type"]));
        Assert.False(request.Headers.ContainsKey("webhook-signature"));
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse($$"""{"host":"{{host.Domain}}","from":"juliet@{{host.Domain}}/r","id":"q1","type":"get","namespace":"urn:example:ns","xml":"<iq xmlns='jabber:client'/>"}"""),
            JsonNode.Parse(request.Body)), request.Body);
    }

    [Fact]
    public async Task Ask_WithSecrets_SignsTheBody()
    {
        await using var service = await HookServer.StartAsync();
        service.Answers("""{"type":"result"}""");
        byte[] secret = [1, 2, 3, 4];
        var host = silo.AddHost(service.Url, plain => plain with { HookSecrets = [secret] });

        Assert.Equal(DelegatedOutcome.Result, (await AskAsync(host)).Outcome);

        var request = Assert.Single(service.Requests);
        var signed = $"{request.Headers["webhook-id"]}.{request.Headers["webhook-timestamp"]}.{request.Body}";
        Assert.Equal($"v1,{Convert.ToBase64String(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes(signed)))}", request.Headers["webhook-signature"]);
    }

    [Theory]
    [InlineData(500, """{"type":"result"}""", DelegatedOutcome.Failed)]
    [InlineData(404, """{"type":"error"}""", DelegatedOutcome.Failed)]
    [InlineData(302, "", DelegatedOutcome.Failed)]
    [InlineData(200, "no json", DelegatedOutcome.Malformed)]
    [InlineData(200, """{"type":"error"}""", DelegatedOutcome.Error)]
    public async Task Ask_OfAnAnswer_IsWhatItIs(int status, string body, DelegatedOutcome outcome)
    {
        await using var service = await HookServer.StartAsync();
        service.Answers(body, status);

        Assert.Equal(outcome, (await AskAsync(silo.AddHost(service.Url))).Outcome);
        Assert.Single(service.Requests);
    }

    [Fact]
    public async Task Ask_OfOneThatClosesWithoutAnAnswer_IsNotAskedAgain()
    {
        await using var service = await HookServer.StartAsync();
        service.Closes();

        Assert.Equal(DelegatedOutcome.Failed, (await AskAsync(silo.AddHost(service.Url))).Outcome);
        Assert.Single(service.Requests);
    }

    [Fact]
    public async Task Ask_OfOneThatHangs_EndsInTime()
    {
        await using var service = await HookServer.StartAsync();
        service.Hangs();
        var host = silo.AddHost(service.Url, plain => plain with { Delegations = [plain.Delegations[0] with { Timeout = TimeSpan.FromMilliseconds(200) }] });

        Assert.Equal(DelegatedOutcome.TimedOut, (await AskAsync(host)).Outcome);
    }

    [Fact]
    public async Task Ask_OfOneThatIsTooLongOrBreaksOff_IsNoAnswer()
    {
        await using var service = await HookServer.StartAsync();
        service.Answers($$"""{"type":"result","xml":"<a xmlns='urn:x'>{{new string('a', 70_000)}}</a>"}""");
        Assert.Equal(DelegatedOutcome.Malformed, (await AskAsync(silo.AddHost(service.Url))).Outcome);

        service.Truncates("""{"type":"result"}""");
        Assert.Equal(DelegatedOutcome.Failed, (await AskAsync(silo.AddHost(service.Url))).Outcome);
    }

    [Fact]
    public async Task Ask_WithSlowCallsUnderWay_IsNotHeldUpByThem()
    {
        await using var service = await HookServer.StartAsync();
        var gate = service.AnswersBehindGate("""{"type":"result"}""");
        var host = silo.AddHost(service.Url);
        var slow = AskAsync(host);
        await service.NextRequestAsync();

        service.Answers("""{"type":"error"}""");
        Assert.Equal(DelegatedOutcome.Error, (await AskAsync(host).WaitAsync(Timeouts.Test)).Outcome);
        Assert.False(slow.IsCompleted);

        gate.SetResult();
        Assert.Equal(DelegatedOutcome.Result, (await slow).Outcome);
    }

    [Fact]
    public async Task Ask_OfWhatTheHostDoesNotGrant_CallsNobody()
    {
        await using var service = await HookServer.StartAsync();
        service.Answers("""{"type":"result"}""");
        var host = silo.AddHost(service.Url);

        Assert.Equal(DelegatedOutcome.Failed, (await AskAsync(host, @namespace: "urn:example:other")).Outcome);
        Assert.Equal(DelegatedOutcome.Failed, (await AskAsync(host, url: $"{service.Url}/other")).Outcome);
        silo.Hosts.Set(host with { Enabled = false });
        Assert.Equal(DelegatedOutcome.Failed, (await AskAsync(host)).Outcome);
        Assert.Empty(service.Requests);
    }

    [Fact]
    public async Task Ask_OfAnAddressThatIsNotAllowed_IsRefused() =>
        Assert.Equal(DelegatedOutcome.Failed, (await AskAsync(silo.AddHost("http://169.254.169.254/iq"))).Outcome);

    private Task<DelegatedAnswer> AskAsync(HostSettings host, string? @namespace = null, string? url = null) => silo.Grains.Delegation(host.Domain).AskAsync(new DelegatedIq(
        @namespace ?? "urn:example:ns", url ?? host.Delegations[0].Url!, $"juliet@{host.Domain}/r", null, "q1", "get", "urn:example:ns", "<iq xmlns='jabber:client'/>"u8.ToArray()));
}
