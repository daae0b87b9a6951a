using Krewe.Tests.Support;
using Krewe.Tests.Transcripts;

namespace Krewe.Tests.Doctor;

/// <summary>What the doctor says of a hook, for each way in which a real server can answer or fail. A hook's words are never repeated, nor is more of a URL than its origin.</summary>
public sealed class HookExaminationTests(LocalPathServer server) : IClassFixture<LocalPathServer>
{
    private const string Roster = "$.http_roster_url";
    private const string Secret = "not-for-anybodys-eyes";

    /// <summary>What follows for users from a failing roster hook.</summary>
    private const string Consequence = " While it fails, users have the last rosters that were good, and those without one get an error.";

    [Fact]
    public async Task Roster_OfContacts_IsCounted()
    {
        await using var hook = await HookServer.StartAsync();
        hook.Answers("""{ "a@b.example": {}, "c@b.example": { "name": "C" } }""");
        var host = await HostAsync($"{hook.Url}/{Secret}/%s");

        var said = await host.AskAboutAsync(Roster);

        Assert.Equal("ok", said.Level);
        Assert.Matches($"^{hook.Url} was asked for the roster of krewe-doctor@{host.Domain} and answered in [0-9]+ ms: 2 contacts\\.$", said.Message);
        Assert.Equal($"/{Secret}/krewe-doctor", (await hook.NextRequestAsync()).Target);
    }

    [Fact]
    public async Task Roster_IsAskedForAnAccount_OrForWhomeverOneNames()
    {
        await using var hook = await HookServer.StartAsync();
        hook.Answers("{}");
        var host = await HostAsync($"{hook.Url}/%s");
        await server.Krewe.PutAccountAsync(host.Domain, "juliet");

        await host.AskAsync();
        await host.AskAsync("?user=romeo");
        await host.AskAsync($"?user=nurse@{host.Domain}");
        await host.AskAsync("?hooks=false");

        Assert.Equal(["/juliet", "/romeo", "/nurse"], hook.Requests.Select(request => request.Target));
        Assert.Equal(400, (await server.Krewe.SendAsync(HttpMethod.Get, $"api/v1/hosts/{host.Domain}/doctor?user=nurse@elsewhere.example", null)).Status);
    }

    [Fact]
    public async Task Roster_WithEntriesOfNoUse_SaysWhy()
    {
        await using var hook = await HookServer.StartAsync();
        hook.Answers($$"""{ "a@b.example": {}, "{{Secret}}@@": {}, "d@b.example": 5, "e@b.example": { "subscription": "sometimes" } }""");
        var said = await (await HostAsync(hook.Url)).AskAboutAsync(Roster);
        Assert.Equal("note", said.Level);
        Assert.EndsWith("1 contact, and 3 that are skipped: bad JID, bad value, bad subscription. A refresh of the roster names them.", said.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, said.Message, StringComparison.Ordinal);

        hook.Answers("""{ "a@@": {} }""");
        said = await (await HostAsync(hook.Url)).AskAboutAsync(Roster);
        Assert.Equal("bad", said.Level);
        Assert.EndsWith(": 0 contacts, and 1 that is skipped: bad JID. A refresh of the roster names them.", said.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(404, "note", " with 404: an unknown user, whose roster is empty as long as no contacts are known. Ask about one whom the application knows.")]
    [InlineData(410, "note", " with 410: the user is gone, and the roster is emptied.")]
    [InlineData(304, "bad", " answered 304 to a request without If-None-Match: there is nothing that could be unchanged." + Consequence)]
    [InlineData(401, "bad", " answered 401: it wants another Authorization than it got. http_roster_authorization_header is not set." + Consequence)]
    [InlineData(403, "bad", " answered 403: it wants another Authorization than it got. http_roster_authorization_header is not set." + Consequence)]
    [InlineData(405, "bad", " answered 405: it does not take GET at that URL." + Consequence)]
    [InlineData(429, "bad", " answered 429: it is called more often than it likes." + Consequence)]
    [InlineData(500, "bad", " answered 500: it failed by itself, and its own log says why." + Consequence)]
    [InlineData(204, "bad", " answered 204, which is no answer." + Consequence)]
    public async Task Status_IsExplained(int status, string level, string words)
    {
        await using var hook = await HookServer.StartAsync();
        hook.Answers(Secret, status);
        var said = await (await HostAsync(hook.Url)).AskAboutAsync(Roster);
        Assert.Equal(level, said.Level);
        Assert.EndsWith(words, said.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status401_WithAHeader_SaysThatItIsNotTheRightOne()
    {
        await using var hook = await HookServer.StartAsync();
        hook.Answers("", 401);
        var host = await HostAsync(hook.Url, $"\"http_roster_authorization_header\": \"Bearer {Secret}\"");
        var said = await host.AskAboutAsync(Roster);
        Assert.Equal($"{hook.Url} answered 401: it wants another Authorization than it got. http_roster_authorization_header is set, but not to what it wants.{Consequence}", said.Message);
        Assert.Equal($"Bearer {Secret}", (await hook.NextRequestAsync()).Headers["Authorization"]);
    }

    [Theory]
    [InlineData("https://user:pass@elsewhere.example:8443/not-for-anybodys-eyes?token=not-for-anybodys-eyes", " to https://elsewhere.example:8443")]
    [InlineData("https://elsewhere.example/", " to https://elsewhere.example")]
    [InlineData("//[2001:db8::1]/x", " to http://[2001:db8::1]")]
    [InlineData("/login", " to {hook}")]
    [InlineData("ftp://elsewhere.example/", " to ftp:")]
    [InlineData(null, "")]
    public async Task Redirect_IsNotFollowed_AndTellsWhereItPoints(string? location, string place)
    {
        await using var hook = await HookServer.StartAsync();
        hook.Handler = context =>
        {
            context.Response.StatusCode = 302;
            context.Response.Headers.Location = location;
            return Task.CompletedTask;
        };
        var said = await (await HostAsync(hook.Url)).AskAboutAsync(Roster);
        Assert.Equal(
            $"{hook.Url} answered 302, a redirect{place.Replace("{hook}", hook.Url, StringComparison.Ordinal)}. Redirects are not followed: put the URL that it leads to into $.http_roster_url.{Consequence}",
            said.Message);
        Assert.Single(hook.Requests);
    }

    [Theory]
    [InlineData("", " answered 200 without a body, where a JSON object is expected.")]
    [InlineData("<html>not-for-anybodys-eyes", " answered 200 with what is not JSON (line 1, byte 1); a JSON object is expected.")]
    [InlineData("{\n  \"a@b\": {},\n  \"c@d\": not-for-anybodys-eyes }", " answered 200 with what is not JSON (line 3, byte 11); a JSON object is expected.")]
    [InlineData("{ \"a@b\": {}", " answered 200 with what is not JSON (line 1, byte 12); a JSON object is expected.")]
    [InlineData("\n [\"not-for-anybodys-eyes\"]", " answered 200, but not as it should (line 2, byte 2): a JSON object is expected.")]
    [InlineData("\"not-for-anybodys-eyes\"", " answered 200, but not as it should (line 1, byte 1): a JSON object is expected.")]
    public async Task Body_ThatIsNoRoster_IsPointedInto(string body, string words)
    {
        await using var hook = await HookServer.StartAsync();
        hook.Answers(body);
        var said = await (await HostAsync(hook.Url)).AskAboutAsync(Roster);
        Assert.Equal(("bad", hook.Url + words + Consequence), (said.Level, said.Message));
    }

    [Fact]
    public async Task Name_ThatDoesNotResolve_IsSaid() => await AssertBadAsync(
        "https://no-such-name.invalid:8080/x", "The name in https://no-such-name.invalid:8080 is not known to DNS: check how it is spelled, and whether it is known outside of your own network.");

    [Theory]
    [InlineData("https://169.254.169.254/latest")]
    [InlineData("https://10.1.2.3:8080/")]
    [InlineData("https://[::ffff:10.1.2.3]/")]
    public async Task Address_ThatIsRefused_IsNotTold_AndWhoMayAllowItIs(string url)
    {
        var said = await (await HostAsync(url)).AskAboutAsync(Roster);
        Assert.Contains("(egress-refused)", said.Message, StringComparison.Ordinal);
        Assert.Contains("the provider's leave by Krewe:Egress:Allow", said.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Address_OfAName_IsNeverTold()
    {
        // Of Krewe's own listener: refused although loopback is allowed.
        var said = await (await HostAsync($"http://localhost:{server.Krewe.C2S.Port}/")).AskAboutAsync(Roster);
        Assert.Equal("bad", said.Level);
        Assert.DoesNotContain("127.0.0.1", said.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("::1", said.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Port_ThatNobodyListensAt_IsSaid()
    {
        var gone = await HookServer.StartAsync();
        await gone.DisposeAsync();
        await AssertBadAsync(gone.Url, $"Nothing listens at {gone.Url}: the connection was refused.");
    }

    public static TheoryData<string, int, int, string> Certificates => new()
    {
        { "127.0.0.1", -10, -5, "has expired." },
        { "127.0.0.1", 5, 10, "is not valid yet: check its dates, and the clocks." },
        { "192.0.2.1", -1, 1, "is for another name." },
        { "127.0.0.1", -1, 1, "is from nobody who is trusted here: it is self-signed or from an authority of your own, or the server does not send the certificates between." },
    };

    [Theory]
    [MemberData(nameof(Certificates))]
    public async Task Certificate_ThatDoesNotHold_IsExplained(string address, int from, int to, string words)
    {
        await using var hook = await HookServer.StartAsync(HookServer.SelfSigned(address, from, to));
        await AssertBadAsync(hook.Url, $"The certificate of {hook.Url} {words}");
        Assert.Empty(hook.Requests);
    }

    [Fact]
    public async Task Tls_AgainstPlainHttp_IsExplained()
    {
        await using var hook = await HookServer.StartAsync();
        var url = $"https://127.0.0.1:{hook.Port}";
        await AssertBadAsync(url, $"TLS with {url} failed: most often there is plain HTTP at that port, or no version of TLS in common.");
    }

    [Fact]
    public async Task Hook_ThatHangs_RunsIntoItsDeadline()
    {
        await using var hook = await HookServer.StartAsync();
        hook.Hangs();
        await AssertBadAsync(hook.Url, $"{hook.Url} did not answer within 0.3 s (http_roster_timeout), the last byte of its answer included.", "\"http_roster_timeout\": 0.3");
        hook.Drips();
        await AssertBadAsync(hook.Url, $"{hook.Url} did not answer within 0.3 s (http_roster_timeout), the last byte of its answer included.", "\"http_roster_timeout\": 0.3");
    }

    [Fact]
    public async Task Hook_ThatIsSlow_IsNoted()
    {
        await using var hook = await HookServer.StartAsync();
        hook.Handler = async context =>
        {
            await Task.Delay(TimeSpan.FromSeconds(1.1));
            await Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(context.Response, "{}");
        };
        var said = (await (await HostAsync(hook.Url, "\"http_roster_timeout\": 2")).AskAsync()).Where(item => item.Subject == Roster).ToArray();
        Assert.Equal(["ok", "note"], said.Select(item => item.Level));
        Assert.Matches("^.* took 1\\.[0-9]+ s, over half of the 2 s that http_roster_timeout allows: under load it will fail\\.$", said[1].Message);
    }

    [Fact]
    public async Task Connection_ThatEnds_IsExplained()
    {
        await using var hook = await HookServer.StartAsync();
        hook.Closes();
        await AssertBadAsync(hook.Url, $"{hook.Url} closed the connection before it answered.");
        hook.Truncates("{");
        await AssertBadAsync(hook.Url, $"{hook.Url} broke off within its answer.");
        hook.AnswersRaw("nonsense\r\n\r\n");
        await using var other = await HookServer.StartAsync();
        other.AnswersRaw("nonsense\r\n\r\n");
        await AssertBadAsync(other.Url, $"What {other.Url} answers is not HTTP/1.1.");
    }

    [Fact]
    public async Task Answer_ThatIsTooLarge_IsExplained()
    {
        await using var hook = await HookServer.StartAsync();
        hook.Answers($"{{ \"a@b\": \"{new string('x', 4 * 1024 * 1024)}\" }}");
        await AssertBadAsync(hook.Url, $"The answer of {hook.Url} is too large: its body may have 4194304 bytes, its header 16384.");
    }

    [Fact]
    public async Task Answer_ThatIsCompressed_IsExplained()
    {
        await using var hook = await HookServer.StartAsync();
        hook.Handler = context =>
        {
            context.Response.Headers.ContentEncoding = "gzip";
            return Task.CompletedTask;
        };
        await AssertBadAsync(hook.Url, $"{hook.Url} answered with a compressed body (Content-Encoding), which was not asked for and is not read.");
    }

    [Fact]
    public async Task Breaker_ThatIsOpen_IsExplained()
    {
        await using var hook = await HookServer.StartAsync();
        hook.Answers("", 503);
        var host = await HostAsync(hook.Url);
        Said said;
        var asked = 0;
        do
        {
            said = await host.AskAboutAsync(Roster);
            Assert.Equal("bad", said.Level);
        }
        while (!said.Message.Contains("was not asked", StringComparison.Ordinal) && ++asked < 100);

        Assert.Equal(
            $"{hook.Url} was not asked: nearly all of its last calls failed, so that it is left alone for a second at a time. Look at why those failed (GET …/hooks), and ask again.{Consequence}",
            said.Message);
    }

    [Fact]
    public async Task Limits_OfTheHost_HoldForTheDoctorToo()
    {
        await using var hook = await HookServer.StartAsync();
        hook.Answers("{}");
        var host = await HostAsync(hook.Url, "\"http_roster_timeout\": 0.2, \"limits\": { \"hook_calls_per_second\": 1 }");
        var levels = new List<Said>();
        for (var i = 0; i < 5; i++)
        {
            levels.Add(await host.AskAboutAsync(Roster));
        }

        Assert.Contains(levels, said => said.Level == "bad"
            && said.Message.StartsWith($"{hook.Url} was not asked: as many calls are under way or waiting as limits.hook_calls_per_second and", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Examination_IsOneAtATime()
    {
        await using var hook = await HookServer.StartAsync();
        var gate = hook.AnswersBehindGate("{}");
        var host = await HostAsync(hook.Url);
        var first = host.AskAboutAsync(Roster);
        await hook.NextRequestAsync();

        var (status, body) = await server.Krewe.SendAsync(HttpMethod.Get, $"api/v1/hosts/{host.Domain}/doctor", null);
        Assert.Equal(409, status);
        Assert.Contains("being examined already", body, StringComparison.Ordinal);
        Assert.Equal(200, (await server.Krewe.SendAsync(HttpMethod.Get, $"api/v1/hosts/{host.Domain}/doctor?hooks=false", null)).Status);

        gate.SetResult();
        Assert.Equal("ok", (await first).Level);
        Assert.Equal("ok", (await host.AskAboutAsync(Roster)).Level);
    }

    private async Task AssertBadAsync(string url, string words, string? settings = null)
    {
        var said = await (await HostAsync(url, settings)).AskAboutAsync(Roster);
        Assert.Equal(("bad", words + Consequence), (said.Level, said.Message));
    }

    private Task<Examination> HostAsync(string url, string? settings = null) =>
        Examination.OfAsync(server.Krewe, $$"""{ "http_roster_url": "{{(url.Contains("%s", StringComparison.Ordinal) ? url : $"{url.TrimEnd('/')}/%s")}}"{{(settings is null ? "" : ", " + settings)}} }""");
}
