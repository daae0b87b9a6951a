using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Krewe.Tests.Support;
using Krewe.Tests.Unit.Sasl;

namespace Krewe.Tests.Transcripts;

/// <summary>
/// Plays a transcript against a server. The hosts <c>verona.example</c> and <c>elsinore.example</c> are new ones in each run; at its end nobody may have got
/// anything that the transcript does not say.
/// </summary>
internal sealed partial class TranscriptRunner(KreweServer server, Transcript transcript, bool isByteByByte, bool isWebSocket = false)
{
    private const string Verona = "verona.example";
    private const string Elsinore = "elsinore.example";

    private static int s_runs;

    private readonly string _run = $"t{Interlocked.Increment(ref s_runs)}";
    private readonly Dictionary<string, XmppActor> _actors = new(StringComparer.Ordinal);
    private readonly HashSet<string> _hosts = new(StringComparer.Ordinal);
    private readonly HashSet<string> _accounts = new(StringComparer.Ordinal);
    private readonly XmlPattern _pattern = new();
    private readonly StringBuilder _trace = new();


    public async Task RunAsync()
    {
        server.Errors.Take();
        try
        {
            foreach (var step in transcript.Steps)
            {
                await RunAsync(step);
            }

            server.Hooks.ReleaseAll(Real(Verona));
            await FenceAsync(null);
            foreach (var (name, actor) in _actors)
            {
                Assert.True(actor.Unread.Count == 0, $"{transcript.Name}: at the end {name} had unread:\n{string.Join('\n', actor.Unread.Select(Shown))}\n{_trace}");
            }

            var errors = server.Errors.Take();
            Assert.True(errors.Count == 0, $"{transcript.Name} ({_run}): logged as errors:\n{string.Join('\n', errors)}");
        }
        finally
        {
            foreach (var actor in _actors.Values)
            {
                await actor.DisposeAsync();
            }
        }
    }

    private async Task RunAsync(TranscriptStep step)
    {
        try
        {
            await (step.Verb switch
            {
                "host" => PutHostAsync(step.Subject.Length == 0 ? Verona : step.Subject, step.Payload),
                "accounts" => ForEachAsync(step.Payload, account => EnsureAccountAsync(UserOf(account))),
                "hook" => HookAsync(UserOf(step.Subject), step.Payload),
                "connected" => EnterAsync(step.Payload, isInterested: false, isOnline: false),
                "interested" => EnterAsync(step.Payload, isInterested: true, isOnline: false),
                "online" => EnterAsync(step.Payload, isInterested: true, isOnline: true),
                "settle" => SettleAsync(),
                "component" => ConnectComponentAsync(step.Subject.Trim(), step.Payload),
                "refresh" => HttpAsync($"POST /roster_admin/refresh?host={Verona} {step.Payload}"),
                "http" => HttpAsync(step.Payload),
                "sends" => SendAsync(step),
                "receives" => ReceiveAsync(step),
                "receives in any order" => ReceiveInAnyOrderAsync(step),
                "receives nothing" => NothingAsync(step.Subject),
                "receives nothing yet" => NothingYetAsync(step.Subject),
                "connects as a component" => ConnectAsComponentAsync(step.Subject),
                "connects" => ConnectAsync(step.Subject, null),
                "connects over TLS" => ConnectAsync(step.Subject, step.Payload),
                "starts TLS" => Actor(step.Subject).StartTlsAsync(Real(step.Payload.Length == 0 ? Verona : step.Payload), null),
                "opens a stream" => OpenAsync(Actor(step.Subject)),
                "logs in" => LogInRawAsync(Actor(step.Subject), step.Payload),
                "authenticates" => AuthenticateAsync(Actor(step.Subject), step.Payload),
                "loses its connection" => BreakAsync(step.Subject),
                "is closed" => ClosedAsync(step.Subject),
                _ => throw new FormatException(step.Verb),
            });
        }
        catch (Exception e)
        {
            throw new InvalidOperationException(
                $"{transcript.Name}:{step.Line}: {transcript.Title}\n{step.Subject} {step.Verb}: {e.Message}\n{_trace}{string.Join('\n', server.Errors.Take())}", e);
        }
    }

    private string Real(string text) => Domains()
        .Replace(text, match => $"{_run}.{match.Value}")
        .Replace("{hooks}", server.Hooks.UrlOf($"{_run}.{Verona}")[..^"/%s".Length], StringComparison.Ordinal)
        .Replace("{token-secret}", Tokens.Secret, StringComparison.Ordinal);

    private string Shown(XElement element) => element.ToString(SaveOptions.DisableFormatting).Replace($"{_run}.", "", StringComparison.Ordinal);

    private (string Domain, string Localpart) UserOf(string name)
    {
        var bare = name.Split('/')[0].Trim();
        return bare.Split('@') is [var localpart, var domain] ? (domain, localpart) : (Verona, bare);
    }

    private async Task EnsureHostAsync(string domain)
    {
        if (!_hosts.Contains(domain))
        {
            await PutHostAsync(domain, "{}");
        }
    }

    private Task PutHostAsync(string domain, string json)
    {
        _hosts.Add(domain);
        var document = new JsonObject
        {
            ["c2s_require_encryption"] = false,
            ["allow_unencrypted_plain_auth"] = true,
            ["http_roster_url"] = server.Hooks.UrlOf(Real(domain)),
        };
        foreach (var (key, value) in JsonNode.Parse(Real(json))!.AsObject())
        {
            document.Remove(key);
            if (value is not null)
            {
                document[key] = value.DeepClone();
            }
        }

        return server.PutHostAsync(Real(domain), document);
    }

    private async Task EnsureAccountAsync((string Domain, string Localpart) user)
    {
        await EnsureHostAsync(user.Domain);
        if (_accounts.Add($"{user.Localpart}@{user.Domain}"))
        {
            await server.PutAccountAsync(Real(user.Domain), user.Localpart);
        }
    }

    private async Task HookAsync((string Domain, string Localpart) user, string payload)
    {
        var domain = Real(user.Domain);
        switch (payload.Split(' '))
        {
            case ["waits"]:
                server.Hooks.Hold(domain, user.Localpart);
                break;
            case ["is", "asked"]:
                await server.Hooks.WhenAskedAsync(domain, user.Localpart);
                break;
            case ["was", "asked", var count, ..]:
                Assert.Equal(int.Parse(count, CultureInfo.InvariantCulture), server.Hooks.CountOf(domain, user.Localpart));
                break;
            case ["status", var status, .. var body]:
                server.Hooks.Answer(domain, user.Localpart, Real(string.Join(' ', body)), int.Parse(status, CultureInfo.InvariantCulture));
                break;
            default:
                server.Hooks.Answer(domain, user.Localpart, Real(payload));
                break;
        }
    }

    private static async Task ForEachAsync(string list, Func<string, Task> action)
    {
        foreach (var name in list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            await action(name);
        }
    }

    private async Task EnterAsync(string list, bool isInterested, bool isOnline)
    {
        await ForEachAsync(list, async entry =>
        {
            var words = entry.Split(' ');
            if (!_actors.TryGetValue(words[0], out var actor) || !actor.IsOpen)
            {
                actor = await LogInAsync(words[0]);
            }

            if (isInterested)
            {
                await actor.SendAsync("<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>");
            }

            if (isOnline)
            {
                await actor.SendAsync(words is [_, "priority", var priority] ? $"<presence><priority>{priority}</priority></presence>" : "<presence/>");
            }
        });
        if (isInterested || isOnline)
        {
            await SettleAsync();
        }
    }

    private async Task<XmppActor> LogInAsync(string name)
    {
        var user = UserOf(name);
        await EnsureAccountAsync(user);
        var actor = _actors[name] = new XmppActor(isByteByByte, isWebSocket ? server.WebSocket : null);
        await actor.LogInAsync(server.C2S, user.Localpart, user.Domain, name[(name.IndexOf('/') + 1)..], Real(user.Domain));
        return actor;
    }

    private XmppActor Actor(string name) => _actors.TryGetValue(name, out var actor) ? actor : throw new FormatException($"{name} is not there");

    /// <summary>Everybody else's first: what they sent is where it belongs once theirs came back.</summary>
    private async Task FenceAsync(string? last)
    {
        foreach (var pass in new[] { 1, 2 })
        {
            foreach (var (name, actor) in _actors)
            {
                if (actor is { IsOpen: true, Jid: not null } && (pass == 1 ? name != last : last is null || name == last))
                {
                    await actor.FenceAsync();
                }
            }
        }
    }

    private async Task SettleAsync()
    {
        await FenceAsync(null);
        foreach (var actor in _actors.Values)
        {
            actor.Forget();
        }
    }

    private async Task SendAsync(TranscriptStep step)
    {
        var actor = _actors.TryGetValue(step.Subject, out var present) ? present : await LogInAsync(step.Subject);
        var text = TranscriptMacros.Expand(Real(_pattern.Fill(Handshakes(step.Payload, actor))));
        _trace.Append(CultureInfo.InvariantCulture, $"{step.Subject} sent: {(text.Length > 500 ? text[..500] + "…" : text)}\n");
        var pieces = TranscriptMacros.RawBytes().Split(text);
        for (var i = 0; i < pieces.Length; i++)
        {
            if (i % 2 == 1)
            {
                await actor.SendAsync(Convert.FromHexString(pieces[i]));
            }
            else if (pieces[i].Length > 0)
            {
                await actor.SendAsync(pieces[i]);
            }
        }
    }

    private async Task ReceiveAsync(TranscriptStep step)
    {
        foreach (var expected in Elements(step.Payload, Actor(step.Subject).ContentNamespace))
        {
            var actual = await NextAsync(step.Subject);
            if (_pattern.Mismatch(expected, actual) is { } mismatch)
            {
                Assert.Fail($"{mismatch}\nexpected: {Shown(expected)}\ncame:     {Shown(actual)}");
            }
        }
    }

    private async Task ReceiveInAnyOrderAsync(TranscriptStep step)
    {
        var expected = Elements(step.Payload, Actor(step.Subject).ContentNamespace);
        while (expected.Count > 0)
        {
            var actual = await NextAsync(step.Subject);
            var index = expected.FindIndex(one => _pattern.Mismatch(one, actual) is null);
            Assert.True(index >= 0, $"none of\n{string.Join('\n', expected.Select(Shown))}\ncame: {Shown(actual)}");
            expected.RemoveAt(index);
        }
    }

    private async Task<XElement> NextAsync(string name)
    {
        var actual = await Actor(name).ReceiveAsync() ?? throw new InvalidOperationException("the connection was closed");
        actual = XElement.Parse(Shown(actual));
        _trace.Append(CultureInfo.InvariantCulture, $"{name} received: {actual.ToString(SaveOptions.DisableFormatting)}\n");
        return actual;
    }

    private async Task NothingAsync(string name)
    {
        await FenceAsync(name);
        AssertNothing(name);
    }

    private async Task NothingYetAsync(string name)
    {
        await Actor(name).PingAsync();
        AssertNothing(name);
    }

    private void AssertNothing(string name) => Assert.True(Actor(name).Unread.Count == 0, $"came: {string.Join('\n', Actor(name).Unread.Select(Shown))}");

    private async Task ConnectAsync(string name, string? tls)
    {
        await EnsureHostAsync(Verona);
        var actor = _actors[name] = new XmppActor(isByteByByte, isWebSocket ? server.WebSocket : null);
        await actor.ConnectAsync(tls is null ? server.C2S : server.C2STls);
        if (tls is not null)
        {
            var words = tls.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            await actor.StartTlsAsync(Real(words.Length > 0 ? words[0] : Verona), words.Length > 1 ? words[1] : null);
        }
    }

    private async Task OpenAsync(XmppActor actor)
    {
        await actor.SendAsync(
            $"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='{XmppStreamReader.Streams}' to='{Real(Verona)}' version='1.0'>");
        var header = await actor.ReceiveAsync();
        Assert.Equal(XmppStreamReader.Streams + "stream", header?.Name);
        Assert.Equal(Real(Verona), header!.Attribute("from")?.Value);
    }

    /// <summary>Up to where a resource is to be bound.</summary>
    private async Task LogInRawAsync(XmppActor actor, string payload)
    {
        var user = payload["as ".Length..];
        await EnsureAccountAsync(UserOf(user));
        await OpenAsync(actor);
        Assert.Equal("features", (await actor.ReceiveAsync())?.Name.LocalName);
        await actor.SendAsync($"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{Base64($"\0{user}\0{KreweServer.Password}")}</auth>");
        Assert.Equal("success", (await actor.ReceiveAsync())?.Name.LocalName);
        await OpenAsync(actor);
        Assert.Equal("features", (await actor.ReceiveAsync())?.Name.LocalName);
    }

    /// <summary>SCRAM by the client of the unit tests, up to the success.</summary>
    private async Task AuthenticateAsync(XmppActor actor, string payload)
    {
        if (payload.Split(' ') is not ["as", var user, "by", var mechanism])
        {
            throw new FormatException("authenticates as <user> by <mechanism>");
        }

        await EnsureAccountAsync(UserOf(user));
        var client = mechanism.EndsWith("-PLUS", StringComparison.Ordinal)
            ? new ScramClient(mechanism, user, KreweServer.Password) { BindingData = actor.ServerEndPoint() }
            : new ScramClient(mechanism, user, KreweServer.Password);
        await actor.SendAsync($"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='{mechanism}'>{Base64(client.First())}</auth>");
        var challenge = await actor.ReceiveAsync();
        Assert.Equal("challenge", challenge?.Name.LocalName);
        var final = client.Final(Encoding.UTF8.GetString(Convert.FromBase64String(challenge!.Value)));
        await actor.SendAsync($"<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{Base64(final)}</response>");
        var success = await actor.ReceiveAsync();
        Assert.Equal("success", success?.Name.LocalName);
        Assert.Equal($"v={client.ServerSignature}", Encoding.UTF8.GetString(Convert.FromBase64String(success!.Value)));
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private Task BreakAsync(string name)
    {
        Actor(name).Break();
        return Task.CompletedTask;
    }

    private async Task ClosedAsync(string name)
    {
        var next = await Actor(name).ReceiveAsync();
        Assert.True(next is null, $"expected the end of the connection, came {next}");
        await Actor(name).DisposeAsync();
    }

    private static List<XElement> Elements(string xml, string contentNamespace)
    {
        xml = TranscriptMacros.Expand(xml);

        // A stream's start and end are no elements of their own: the one becomes an empty element, the other a mark.
        xml = StreamStart().Replace(xml, "<stream:stream${attributes}/>").Replace("</stream:stream>", "<stream:end/>", StringComparison.Ordinal);
        return [.. XElement.Parse($"<all xmlns='{contentNamespace}' xmlns:stream='{XmppStreamReader.Streams}'>{xml}</all>").Elements()];
    }

    [GeneratedRegex(@"\b(verona|elsinore)\.example\b")]
    private static partial Regex Domains();

    [GeneratedRegex(@"(<\?xml[^>]*>)?<stream:stream(?<attributes>[^>]*[^/>])?>")]
    private static partial Regex StreamStart();
}
