using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosting;
using Krewe.Contracts.Hosts;
using Krewe.Grains.Muc;
using Krewe.Grains.Outbound;
using Krewe.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Tests.Grains.Muc;

/// <summary>The question about a join over real HTTP, and every way in which it may go unanswered.</summary>
public sealed class MucAuthClientTests : IAsyncLifetime
{
    private const string Yes = """{"allowed":true}""";

    private static readonly Jid s_room = Jid.Parse("stage@rooms.a.example");
    private static readonly Jid s_user = Jid.Parse("romeo@a.example");

    private readonly OutboundHttp _http = new(
        new EgressPolicy(new KreweOptions { Data = "/nonexistent", AdminToken = "", EgressAllow = [new(IPNetwork.Parse("127.0.0.0/8"), null)] }),
        TimeProvider.System,
        NullLogger<OutboundHttp>.Instance);

    private HostSettings _host = HostSettings.Default("a.example");
    private HookServer _hook = null!;

    public static TheoryData<string> Failures => new(FailingHooks.Keys);

    /// <summary>Prosody's module admits or refuses on every one of these.</summary>
    private static Dictionary<string, Action<HookServer>> FailingHooks { get; } = new()
    {
        ["500 with allowed"] = hook => hook.Answers(Yes, 500),
        ["302 with allowed"] = hook => hook.Answers(Yes, 302),
        ["302"] = hook => hook.Handler = context =>
        {
            context.Response.StatusCode = 302;
            context.Response.Headers.Location = "/elsewhere";
            return Task.CompletedTask;
        },
        ["201 with allowed"] = hook => hook.Answers(Yes, 201),
        ["204"] = hook => hook.Answers("", 204),
        ["304"] = hook => hook.Answers("", 304),
        ["401"] = hook => hook.Answers("", 401),
        ["404"] = hook => hook.Answers("not here", 404),
        ["503"] = hook => hook.Answers("", 503),
        ["closed"] = hook => hook.Closes(),
        ["garbage"] = hook => hook.AnswersRaw("this is no HTTP\r\n\r\n"),
        ["truncated"] = hook => hook.Truncates(Yes),
        ["silent"] = hook => hook.Hangs(),
        ["drip"] = hook => hook.Drips(),
        ["too large"] = hook => hook.Answers("{\"allowed\":true,\"x\":\"" + new string('x', MucAuthClient.BodyBytesMax) + "\"}"),
        ["too large, chunked"] = hook => hook.Handler = async context =>
        {
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes("{\"allowed\":true,\"x\":\"" + new string('x', MucAuthClient.BodyBytesMax) + "\"}"));
        },
        ["true"] = hook => hook.Answers("true"),
        ["7"] = hook => hook.Answers("7"),
        ["[]"] = hook => hook.Answers("[]"),
        ["null"] = hook => hook.Answers("null"),
        ["string"] = hook => hook.Answers("\"x\""),
        ["not JSON"] = hook => hook.Answers("<html>oops</html>"),
        ["empty"] = hook => hook.Answers(""),
    };

    public async Task InitializeAsync() => _hook = await HookServer.StartAsync();

    public async Task DisposeAsync()
    {
        await _hook.DisposeAsync();
        _http.Dispose();
    }

    [Fact]
    public async Task Ask_SendsTheQueryAndTheHeaders()
    {
        _hook.Answers(Yes);

        Assert.Equal(MucAnswerKind.Admitted, (await AskAsync(auth => auth with { Url = $"{_hook.Url}/can-join?x=1", AuthorizationHeader = "Bearer s3cret" }, "Al ice & co=1?#/é+%;,~*!()")).Kind);

        var request = await _hook.NextRequestAsync();
        Assert.Equal(
            "/can-join?x=1&userJID=romeo%40a.example&mucJID=stage%40rooms.a.example&nickname=Al%20ice%20%26%20co%3D1%3F%23%2F%C3%A9%2B%25%3B%2C~%2A%21%28%29", request.Target);
        Assert.Equal(("GET", "Bearer s3cret", "application/json", ""), (request.Method, request.Headers["Authorization"], request.Headers["Accept"], request.Body));
        Assert.DoesNotContain("webhook-id", request.Headers.Keys);
    }

    [Fact]
    public async Task Ask_WithAHookSecret_IsSignedOverWhatWasSent()
    {
        _hook.Answers(Yes);
        var secret = "0123456789abcdef"u8.ToArray();
        _host = _host with { HookSecrets = [secret] };

        await AskAsync();

        var request = await _hook.NextRequestAsync();
        var signed = $"{request.Headers["webhook-id"]}.{request.Headers["webhook-timestamp"]}.GET {request.Target}";
        Assert.Equal($"v1,{Convert.ToBase64String(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes(signed)))}", request.Headers["webhook-signature"]);
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Ask_NoAnswer_IsAFailure(string failure)
    {
        FailingHooks[failure](_hook);

        Assert.Equal(MucAnswerKind.Failed, (await AskAsync(auth => auth with { Timeout = TimeSpan.FromMilliseconds(failure is "silent" or "drip" ? 300 : 10_000) })).Kind);
        Assert.DoesNotContain(_hook.Requests, request => request.Target == "/elsewhere");
    }

    [Fact]
    public async Task Ask_NobodyThere_IsAFailure()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();

        Assert.Equal(MucAnswerKind.Failed, (await AskAsync(auth => auth with { Url = $"http://127.0.0.1:{port}/" })).Kind);
        Assert.Equal(MucAnswerKind.Failed, (await AskAsync(auth => auth with { Url = "http://[::1]/" })).Kind);
        Assert.Equal(MucAnswerKind.Failed, (await AskAsync(auth => auth with { Url = "no URL" })).Kind);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(302)]
    [InlineData(404)]
    [InlineData(500)]
    public async Task Ask_RefusedInWords_IsARefusalWithAnyStatus(int status)
    {
        _hook.Answers("""{"allowed":false,"reason":"no"}""", status);

        var answer = await AskAsync();

        Assert.Equal((MucAnswerKind.Refused, "no"), (answer.Kind, answer.Reason));
    }

    [Fact]
    public async Task Ask_Chunked_IsRead()
    {
        _hook.Handler = async context =>
        {
            await context.Response.WriteAsync("{\"allowed\":");
            await context.Response.Body.FlushAsync();
            await context.Response.WriteAsync("true}");
        };

        Assert.Equal(MucAnswerKind.Admitted, (await AskAsync()).Kind);
    }

    [Fact]
    public async Task Ask_403WhoseBodyCannotBeRead_IsARefusalAllTheSame()
    {
        _hook.Answers(new string('x', MucAuthClient.BodyBytesMax + 1), 403);
        Assert.Equal(MucAnswerKind.Refused, (await AskAsync()).Kind);

        _hook.Handler = async context =>
        {
            context.Response.StatusCode = 403;
            context.Response.ContentLength = 100;
            await context.Response.WriteAsync("{");
        };
        Assert.Equal(MucAnswerKind.Refused, (await AskAsync()).Kind);

        _hook.Drips();
        var drips = _hook.Handler;
        _hook.Handler = context =>
        {
            context.Response.StatusCode = 403;
            return drips(context);
        };
        Assert.Equal(MucAnswerKind.Refused, (await AskAsync(auth => auth with { Timeout = TimeSpan.FromMilliseconds(300) })).Kind);
    }

    [Fact]
    public async Task Ask_WrongCertificate_IsAFailure_UnlessItDoesNotMatter()
    {
        await using var tls = await HookServer.StartAsync(isTls: true);
        tls.Answers(Yes);

        Assert.Equal(MucAnswerKind.Failed, (await AskAsync(auth => auth with { Url = tls.Url })).Kind);
        Assert.Equal(MucAnswerKind.Admitted, (await AskAsync(auth => auth with { Url = tls.Url, IsInsecure = true })).Kind);

        // The connection that was trusted is not there for those who verify.
        Assert.Equal(MucAnswerKind.Failed, (await AskAsync(auth => auth with { Url = tls.Url })).Kind);
        Assert.Equal(MucAnswerKind.Failed, (await AskAsync(auth => auth with { Url = $"https://[::1]:{tls.Port}/", IsInsecure = true })).Kind);
        Assert.Single(tls.Requests);
    }

    [Fact]
    public async Task RoomServices_OfOneHost_HaveTheirOwnPipelines()
    {
        _hook.Answers(Yes);
        await AskAsync();
        await new MucAuthClient(_http).AskAsync(_host, new() { Url = _hook.Url, Timeout = TimeSpan.FromSeconds(7) }, Jid.Parse("stage@other.a.example"), s_user, "R");
        await AskAsync();

        Assert.Equal(2, _http.PipelineCount);
    }

    private async Task<MucAuthAnswer> AskAsync(Func<MucHttpAuthSettings, MucHttpAuthSettings>? with = null, string nickname = "R")
    {
        var auth = new MucHttpAuthSettings { Url = $"{_hook.Url}/can-join" };
        return MucAuthAnswer.Read(await new MucAuthClient(_http).AskAsync(_host, with is null ? auth : with(auth), s_room, s_user, nickname).AsTask().WaitAsync(Timeouts.Test));
    }
}
