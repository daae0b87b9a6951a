using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using Krewe.Tests.Support;

namespace Krewe.Tests.Defects;

/// <summary>A client over TCP with PLAIN: sends what it is told to, and keeps what comes until somebody asks for it.</summary>
internal sealed class XmppClient : IAsyncDisposable
{
    public static readonly XNamespace Roster = "jabber:iq:roster";
    public static readonly XNamespace Stanzas = "urn:ietf:params:xml:ns:xmpp-stanzas";

    private const string Streams = "http://etherx.jabber.org/streams";

    private readonly Lock _gate = new();
    private readonly List<XElement> _inbox = [];
    private readonly List<(Func<XElement, bool> Wanted, TaskCompletionSource<XElement> Found)> _waiting = [];
    private readonly TaskCompletionSource<string?> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TcpClient _tcp;
    private readonly NetworkStream _stream;
    private XmlReader? _reader;
    private int _ids;

    private XmppClient(TcpClient tcp, string domain) => (_tcp, _stream, Domain) = (tcp, tcp.GetStream(), domain);

    public string Domain { get; }

    public string Full { get; private set; } = "";

    public string Bare => Full.Split('/')[0];

    /// <summary>The features that are offered after authentication.</summary>
    public XElement Features { get; private set; } = null!;

    /// <summary>What is sent back for a stanza, which nobody gets to see then; null for any that is kept.</summary>
    public Func<XElement, string?> Answers { get; set; } = _ => null;

    /// <summary>Done when the server ended the stream: with the condition of its stream error, null for none.</summary>
    public Task<string?> Ended => _ended.Task;

    /// <summary>What came and was asked for by nobody yet.</summary>
    public IReadOnlyList<XElement> Inbox
    {
        get
        {
            lock (_gate)
            {
                return [.. _inbox];
            }
        }
    }

    public IReadOnlyList<XElement> Presences => [.. Inbox.Where(stanza => stanza.Name.LocalName == "presence")];

    public IReadOnlyList<XElement> Pushes => [.. Inbox.Where(IsPush)];

    public static async Task<XmppClient> LoginAsync(IPEndPoint server, string user, string domain, string? resource)
    {
        var tcp = new TcpClient { NoDelay = true };
        await tcp.ConnectAsync(server);
        var client = new XmppClient(tcp, domain);
        await client.NegotiateAsync(user, resource).WaitAsync(Timeouts.Test);
        _ = client.ReadAsync();
        return client;
    }

    /// <summary>Throws away what nobody asked for.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            _inbox.Clear();
        }
    }

    public async Task SendAsync(string xml) => await _stream.WriteAsync(Encoding.UTF8.GetBytes(xml));

    /// <summary>The first stanza that matches, of those that came and those that will.</summary>
    public async Task<XElement> ExpectAsync(Func<XElement, bool> wanted)
    {
        var found = new TaskCompletionSource<XElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            var index = _inbox.FindIndex(stanza => wanted(stanza));
            if (index >= 0)
            {
                var stanza = _inbox[index];
                _inbox.RemoveAt(index);
                return stanza;
            }

            _waiting.Add((wanted, found));
        }

        if (await Task.WhenAny(found.Task, Ended, Task.Delay(Timeouts.Test)) == found.Task)
        {
            return await found.Task;
        }

        throw new Xunit.Sdk.XunitException(
            $"{Full} waited in vain ({(Ended.IsCompleted ? $"the stream ended: {await Ended}" : "the stream is open")}); it got:\n{string.Join('\n', Inbox)}");
    }

    public async Task<XElement> AskAsync(string type, string payload, string? to = null)
    {
        var id = NewId();
        await SendAsync($"<iq type='{type}' id='{id}'{To(to)}>{payload}</iq>");
        return await ExpectAsync(stanza => stanza.Name.LocalName == "iq" && (string?)stanza.Attribute("id") == id && (string?)stanza.Attribute("type") is "result" or "error");
    }

    public Task<XElement> RosterAsync(string attributes = "") => AskAsync("get", $"<query xmlns='jabber:iq:roster'{attributes}/>");

    public async Task<IReadOnlyList<XElement>> ItemsAsync()
    {
        var reply = await RosterAsync();
        Assert.Equal("result", (string?)reply.Attribute("type"));
        return [.. reply.Descendants(Roster + "item")];
    }

    /// <summary>The bare JIDs of the roster, in its order.</summary>
    public async Task<IReadOnlyList<string>> ContactsAsync() => [.. (await ItemsAsync()).Select(item => (string)item.Attribute("jid")!)];

    /// <summary>Initial or subsequent presence; done when it came back to this resource, and so went out to all others.</summary>
    public async Task AvailableAsync(string payload = "")
    {
        var id = NewId();
        await SendAsync($"<presence id='{id}'>{payload}</presence>");
        await ExpectAsync(stanza => stanza.Name.LocalName == "presence" && (string?)stanza.Attribute("id") == id);
        await FenceAsync(this);
    }

    public Task<XElement> PresenceFromAsync(string from, string? type = null) =>
        ExpectAsync(stanza => stanza.Name.LocalName == "presence" && (string?)stanza.Attribute("from") == from && (string?)stanza.Attribute("type") == type);

    public Task<XElement> PushAsync() => ExpectAsync(IsPush);

    /// <summary>Done when all that this client's earlier stanzas caused at the other has come there.</summary>
    public async Task FenceAsync(XmppClient other)
    {
        var id = NewId();
        await SendAsync($"<message id='{id}' type='chat' to='{SecurityElement(other.Full)}'><body>fence</body></message>");
        await other.ExpectAsync(stanza => stanza.Name.LocalName == "message" && (string?)stanza.Attribute("id") == id);
    }

    public async Task AssertAliveAsync() =>
        Assert.Equal("result", (string?)(await AskAsync("get", "<ping xmlns='urn:xmpp:ping'/>", Domain)).Attribute("type"));

    public static string? Condition(XElement stanza) =>
        stanza.Elements().FirstOrDefault(child => child.Name.LocalName == "error")?.Elements().FirstOrDefault(child => child.Name.Namespace == Stanzas)?.Name.LocalName;

    public static string? ErrorType(XElement stanza) => (string?)stanza.Elements().FirstOrDefault(child => child.Name.LocalName == "error")?.Attribute("type");

    public async Task LogoutAsync()
    {
        await SendAsync("</stream:stream>");
        await Ended.WaitAsync(Timeouts.Test);
    }

    public ValueTask DisposeAsync()
    {
        _tcp.Dispose();
        _ended.TrySetResult(null);
        return ValueTask.CompletedTask;
    }

    private static bool IsPush(XElement stanza) =>
        stanza.Name.LocalName == "iq" && (string?)stanza.Attribute("type") == "set" && stanza.Element(Roster + "query") is not null;

    private static string To(string? to) => to is null ? "" : $" to='{SecurityElement(to)}'";

    private static string SecurityElement(string text) => System.Security.SecurityElement.Escape(text);

    private string NewId() => $"t{Interlocked.Increment(ref _ids)}";

    private async Task NegotiateAsync(string user, string? resource)
    {
        await OpenAsync();
        await SendAsync(
            $"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{user}\0{RunningKrewe.Password}"))}</auth>");
        var outcome = await ReadElementAsync();
        Assert.Equal("success", outcome?.Name.LocalName);
        Features = await OpenAsync();
        await SendAsync($"<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>{(resource is null ? "" : $"<resource>{resource}</resource>")}</bind></iq>");
        var bound = await ReadElementAsync();
        Full = bound?.Descendants().FirstOrDefault(element => element.Name.LocalName == "jid")?.Value ?? throw new Xunit.Sdk.XunitException($"not bound: {bound}");
    }

    /// <summary>Opens a stream, and reads up to its features.</summary>
    private async Task<XElement> OpenAsync()
    {
        _reader = XmlReader.Create(_stream, new XmlReaderSettings { Async = true, CloseInput = false });
        await SendAsync($"<?xml version='1.0'?><stream:stream to='{Domain}' version='1.0' xmlns='jabber:client' xmlns:stream='{Streams}'>");
        return await ReadElementAsync() ?? throw new Xunit.Sdk.XunitException("the stream ended before its features");
    }

    private async Task<XElement?> ReadElementAsync()
    {
        while (await _reader!.ReadAsync())
        {
            if (_reader.Depth == 1 && _reader.NodeType == XmlNodeType.Element)
            {
                using var element = _reader.ReadSubtree();
                return await XElement.LoadAsync(element, LoadOptions.None, CancellationToken.None);
            }

            if (_reader.Depth == 0 && _reader.NodeType == XmlNodeType.EndElement)
            {
                return null;
            }
        }

        return null;
    }

    private async Task ReadAsync()
    {
        string? condition = null;
        try
        {
            while (await ReadElementAsync() is { } element)
            {
                if (element.Name.NamespaceName == Streams && element.Name.LocalName == "error")
                {
                    condition = element.Elements().First().Name.LocalName;
                }

                if (Answers(element) is { } answer)
                {
                    await SendAsync(answer);
                }
                else
                {
                    Take(element);
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or XmlException)
        {
            condition ??= e is XmlException ? "not-well-formed" : null;
        }

        _ended.TrySetResult(condition);
    }

    private void Take(XElement stanza)
    {
        lock (_gate)
        {
            var index = _waiting.FindIndex(waiter => waiter.Wanted(stanza));
            if (index < 0)
            {
                _inbox.Add(stanza);
                return;
            }

            _waiting[index].Found.SetResult(stanza);
            _waiting.RemoveAt(index);
        }
    }
}
