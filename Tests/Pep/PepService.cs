using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;
using System.Xml.Linq;
using Krewe.Tests.Support;

namespace Krewe.Tests.Pep;

/// <summary>
/// A PEP service (XEP-0163) outside of the server: an external component to which a host has delegated pubsub (XEP-0355), and that reads rosters, sees presence and sends
/// notifications by its privileges (XEP-0356). It does what users' avatars and device lists need, and no more.
/// </summary>
internal sealed class PepService : IAsyncDisposable
{
    private readonly ComponentLink _link;
    private readonly string _host;
    private readonly PepRequests _requests;
    private readonly PepNodes _nodes;
    private readonly PepContacts _contacts;
    private readonly Channel<XElement> _forwarded = Channel.CreateUnbounded<XElement>();
    private readonly ConcurrentQueue<Exception> _failures = new();
    private readonly TaskCompletionSource _privileged = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _delegated = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _nested = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource<XElement>? _refused;
    private volatile bool _isHolding;
    private int _nestedQuestions;
    private int _questionsExpected = int.MaxValue;

    private PepService(ComponentLink link, string host, PepNodes nodes)
    {
        (_link, _host, _nodes) = (link, host, nodes);
        _contacts = new PepContacts(link);
        Audience = new PepAudience(link, nodes, _contacts);
        _requests = new PepRequests(nodes, _contacts, NotifyAsync);
    }

    public PepAudience Audience { get; }

    /// <summary>What went wrong inside of it: always a bug, of its own or of the server.</summary>
    public IReadOnlyCollection<Exception> Failures => _failures;

    /// <summary>Stanzas that it had no use for.</summary>
    public ConcurrentQueue<XElement> Strange { get; } = new();

    /// <summary>Requests that were forwarded to it, as their senders made them.</summary>
    public ConcurrentQueue<XElement> Requests { get; } = new();

    /// <summary>Connects; done when it knows what it is granted and the server knows what it does.</summary>
    public static async Task<PepService> StartAsync(IPEndPoint server, string domain, string host, PepNodes nodes)
    {
        var service = new PepService(await ComponentLink.ConnectAsync(server, domain), host, nodes);
        _ = service.ServeAsync();
        service._link.Begin(service.Take);
        await Task.WhenAll(service._privileged.Task, service._delegated.Task, service._nested.Task).WaitAsync(Timeouts.Test);

        // Its answer comes behind the last of the answers about what it does.
        await service._link.AskAsync("get", host, new XElement(XNamespace.Get("urn:xmpp:ping") + "ping"));
        return service;
    }

    public void Kill() => _link.Kill();

    /// <summary>From now on it takes requests, and answers none.</summary>
    public void Hold() => _isHolding = true;

    /// <summary>Done when it holds a request.</summary>
    public Task HoldsAsync() => _held.Task.WaitAsync(Timeouts.Test);

    /// <summary>Tries to send a message as somebody who need not be of the own host; the error that comes of it.</summary>
    public async Task<XElement> SpeakAsync(string by, string from, string to)
    {
        var refused = _refused = new TaskCompletionSource<XElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        Notify(from, to, "urn:example:node", new XElement(PepNames.Pubsub + "item", new XAttribute("id", "forged")), by);
        return await refused.Task.WaitAsync(Timeouts.Test);
    }

    public async ValueTask DisposeAsync()
    {
        await _link.DisposeAsync();
        _forwarded.Writer.TryComplete();
    }

    private void Take(XElement stanza)
    {
        var from = (string?)stanza.Attribute("from") ?? "";
        switch (stanza.Name.LocalName)
        {
            case "message" when from == _host && stanza.Element(PepNames.Privilege + "privilege") is not null:
                _privileged.TrySetResult();
                break;
            case "message" when from == _host && stanza.Element(PepNames.Delegation + "delegation") is { } told:
                // Two questions for each namespace that is one.
                _questionsExpected = 2 * told.Elements().Count(grant => !((string)grant.Attribute("namespace")!).StartsWith("urn:xmpp:delegation:", StringComparison.Ordinal));
                _delegated.TrySetResult();
                break;
            case "message" when (string?)stanza.Attribute("type") == "error" && _refused is { } refused:
                refused.TrySetResult(stanza);
                break;
            case "presence":
                Run(PresenceAsync(from, stanza));
                break;
            case "iq" when from == _host && stanza.Element(PepNames.Delegation + "delegation") is not null:
                _forwarded.Writer.TryWrite(stanza);
                break;
            case "iq" when stanza.Element(PepNames.Info + "query") is { } query:
                AnswerInfo(stanza, (string?)query.Attribute("node") ?? "");
                break;
            case "iq" when stanza.Element(PepNames.Roster + "query") is { } query && from == PepNames.Bare(from):
                _link.Send(Answer(stanza));
                Run(PushAsync(from, query));
                break;
            default:
                Strange.Enqueue(stanza);
                break;
        }
    }

    private static XElement Answer(XElement request, XElement? payload = null) => new(
        PepNames.Accept + "iq",
        new XAttribute("type", "result"),
        request.Attribute("id"),
        new XAttribute("from", (string)request.Attribute("to")!),
        new XAttribute("to", (string)request.Attribute("from")!),
        payload);

    /// <summary>XEP-0355 §7.2: what the host, and what its users' accounts, can do by this service.</summary>
    private void AnswerInfo(XElement request, string node)
    {
        var isBare = node.StartsWith("urn:xmpp:delegation:2:bare:", StringComparison.Ordinal);
        XElement Feature(string name) => new(PepNames.Info + "feature", new XAttribute("var", name));
        var query = new XElement(
            PepNames.Info + "query",
            new XAttribute("node", node),
            new XElement(PepNames.Info + "identity", new XAttribute("category", "pubsub"), new XAttribute("type", isBare ? "pep" : "service")),
            Feature("http://jabber.org/protocol/pubsub"),
            isBare
                ? new[] { "access-presence", "auto-create", "auto-subscribe", "filtered-notifications", "item-ids", "last-published", "presence-notifications", "publish", "retract-items", "retrieve-items" }
                    .Select(name => Feature($"http://jabber.org/protocol/pubsub#{name}"))
                : null);
        _link.Send(Answer(request, query));
        if (++_nestedQuestions == _questionsExpected)
        {
            _nested.TrySetResult();
        }
    }

    private async Task ServeAsync()
    {
        await foreach (var outer in _forwarded.Reader.ReadAllAsync())
        {
            try
            {
                var request = outer.Descendants(PepNames.Client + "iq").Single();
                if (_isHolding)
                {
                    _held.TrySetResult();
                    continue;
                }

                Requests.Enqueue(request);
                var reply = await _requests.AnswerAsync(request);
                _link.Send(reply.Wrap(outer, request));
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                _failures.Enqueue(e);
            }
        }
    }

    private async Task PresenceAsync(string jid, XElement presence)
    {
        if ((string?)presence.Attribute("type") is { } type)
        {
            if (type == "unavailable")
            {
                Audience.Gone(jid);
            }
        }
        else if (await Audience.CameAsync(jid, presence))
        {
            foreach (var owner in _nodes.Owners)
            {
                await SendLastAsync(owner, jid);
            }
        }
    }

    /// <summary>XEP-0163 §4.3.4: who comes is told what there is.</summary>
    private async Task SendLastAsync(string owner, string jid)
    {
        if (!await _contacts.MaySeeAsync(owner, jid))
        {
            return;
        }

        foreach (var node in _nodes.Of(owner).Where(node => Audience.Wants(jid, node)))
        {
            if (_nodes.Last(owner, node) is { } item)
            {
                Notify(owner, jid, node, item);
            }
        }
    }

    private async Task PushAsync(string owner, XElement query)
    {
        if (await _contacts.PushAsync(owner, query) is (var contact, true))
        {
            foreach (var jid in Audience.Present.Where(jid => PepNames.Bare(jid) == contact))
            {
                await SendLastAsync(owner, jid);
            }
        }
    }

    private async Task NotifyAsync(string owner, string node, XElement item)
    {
        await Audience.AskUnknownAsync();
        foreach (var jid in Audience.Interested(node))
        {
            if (await _contacts.MaySeeAsync(owner, jid))
            {
                Notify(owner, jid, node, item);
            }
        }
    }

    /// <summary>From the account itself, whoever keeps its nodes (XEP-0163 §4.3), by way of XEP-0356 §5.</summary>
    private void Notify(string owner, string jid, string node, XElement item, string? by = null) => _link.Send(new XElement(
        PepNames.Accept + "message",
        new XAttribute("from", _link.Domain),
        new XAttribute("to", by ?? _host),
        new XElement(PepNames.Privilege + "privilege", new XElement(PepNames.Forward + "forwarded", new XElement(
            PepNames.Client + "message",
            new XAttribute("from", owner),
            new XAttribute("to", jid),
            new XAttribute("type", "headline"),
            new XElement(PepNames.Event + "event", new XElement(PepNames.Event + "items", new XAttribute("node", node), InEvent(item))))))));

    /// <summary>The same item in the events' namespace; what was published in it stays as it is.</summary>
    private static XElement InEvent(XElement item) => new(PepNames.Event + item.Name.LocalName, item.Attribute("id"), item.Elements());

    private void Run(Task work) => _ = work.ContinueWith(
        done => _failures.Enqueue(done.Exception!.GetBaseException()), CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
}
