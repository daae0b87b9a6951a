using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace Krewe.Tests.Interop;

/// <summary>A slixmpp client in a process of its own (slixmpp_client.py): commands go in, events come out, each a line of JSON.</summary>
internal sealed class SlixmppClient : IAsyncDisposable
{
    // Far beyond what anything here takes; only a failure waits that long.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly Channel<JsonObject> _events = Channel.CreateUnbounded<JsonObject>();
    private readonly List<string> _seen = [];

    private SlixmppClient(Process process)
    {
        _process = process;
        _ = ReadEventsAsync();
    }

    /// <summary>The events that were asked for, or passed over, so far.</summary>
    public IReadOnlyList<string> Seen => _seen;

    public static SlixmppClient Start(string jid, string password, int port) => Start("slixmpp_client.py", jid, password, port);

    /// <summary>An external component that sends back what it is told (slixmpp_component.py).</summary>
    public static SlixmppClient StartComponent(string domain, string secret, int port) => Start("slixmpp_component.py", domain, secret, port);

    /// <summary>One that does for users what it is told to, by its privileges (slixmpp_privileged.py).</summary>
    public static SlixmppClient StartPrivileged(string domain, string secret, int port) => Start("slixmpp_privileged.py", domain, secret, port);

    /// <summary>A client that publishes, and follows what its contacts do (slixmpp_pep.py).</summary>
    public static SlixmppClient StartPep(string jid, string password, int port) => Start("slixmpp_pep.py", jid, password, port);

    private static SlixmppClient Start(string file, string jid, string password, int port)
    {
        var script = Path.Combine(AppContext.BaseDirectory, "Interop", file);
        var start = new ProcessStartInfo(SlixmppFactAttribute.Python, [script, jid, password, "127.0.0.1", port.ToString()])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return new SlixmppClient(Process.Start(start)!);
    }

    public Task SendAsync(string to, string body) => CommandAsync(new JsonObject { ["do"] = "send", ["to"] = to, ["body"] = body });

    public Task JoinAsync(string room, string nickname) => CommandAsync(new JsonObject { ["do"] = "join", ["room"] = room, ["nick"] = nickname });

    public Task SayAsync(string room, string body) => CommandAsync(new JsonObject { ["do"] = "say", ["room"] = room, ["body"] = body });

    public Task RosterAsync(string user) => CommandAsync(new JsonObject { ["do"] = "roster", ["of"] = user });

    public Task SendAsAsync(string user, string to, string body) =>
        CommandAsync(new JsonObject { ["do"] = "send", ["as"] = user, ["to"] = to, ["body"] = body });

    /// <summary>The next event of that name about which <paramref name="condition"/> holds; the others before it are passed over.</summary>
    public async Task<JsonObject> NextAsync(string name, Func<JsonObject, bool>? condition = null)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await foreach (var next in _events.Reader.ReadAllAsync(patience.Token))
            {
                _seen.Add(next.ToJsonString());
                if (next["event"]!.GetValue<string>() == name && (condition is null || condition(next)))
                {
                    return next;
                }
            }
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"no '{name}' came; there were: {string.Join('\n', _seen)}");
        }

        throw new InvalidOperationException($"the client ended without '{name}'; there were: {string.Join('\n', _seen)}");
    }

    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await CommandAsync(new JsonObject { ["do"] = "quit" });
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    public async Task CommandAsync(JsonObject command)
    {
        await _process.StandardInput.WriteLineAsync(command.ToJsonString());
        await _process.StandardInput.FlushAsync();
    }

    private async Task ReadEventsAsync()
    {
        var errors = _process.StandardError.ReadToEndAsync();
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            _events.Writer.TryWrite(JsonNode.Parse(line)!.AsObject());
        }

        if (await errors is { Length: > 0 } text)
        {
            _events.Writer.TryWrite(new JsonObject { ["event"] = "stderr", ["text"] = text });
        }

        _events.Writer.Complete();
    }
}
