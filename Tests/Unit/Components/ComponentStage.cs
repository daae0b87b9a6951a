using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;
using System.Text.RegularExpressions;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Components;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Components;
using Krewe.Frontend.Delivery;
using Krewe.Frontend.Entities;
using Krewe.Frontend.Observability;
using Krewe.Frontend.Routing;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;
using Krewe.Tests.Grains.Sessions;
using Krewe.Tests.Support;
using Krewe.Tests.Transcripts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Tests.Unit.Components;

/// <summary>A host with one external component, whose connections are in memory, whose grain is a real one, and whose clock is the test's.</summary>
internal sealed partial class ComponentStage : IEntityObserver, IComponentRouter, IAsyncDisposable
{
    public const string Secret = "the secret";

    private static readonly IMeterFactory Meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
    private static int s_hosts;

    private readonly List<MemoryConnection> _connections = [];

    /// <summary>Held, as the grain host refers to it weakly.</summary>
    private readonly FrontendSink _sink;

    public ComponentStage(SessionsSilo silo, ComponentConflict conflict = ComponentConflict.KickNew)
    {
        Host = $"c{Interlocked.Increment(ref s_hosts)}.example";
        Component = new ExternalComponentSettings { Domain = $"pubsub.{Host}", Secret = Secret, ConflictResolve = conflict };
        Settings = HostSettings.Default(Host) with { Components = HostSettings.Default(Host).Components.Add(Component.Domain, Component) };
        Hosts.Set(Settings);
        Grain = silo.Grains.Component(Domain);
        Table = new ComponentTable(Time);
        Sessions = new SessionTable();
        Watch = new ComponentWatch(Hosts, Time);
        Registration = new FrontendRegistration(silo.Grains, Sessions, _sink = new FrontendSink(Sessions, TimeProvider.System));
        Services = new ComponentServices(
            Hosts, this, Table, new ComponentAdmissions(silo.Grains, Sessions, Registration), [this], new HandshakeFailures(Time), Sessions, Registration, Watch, new RateShares(Time), new StreamTurns(),
            new FrontendInstruments(Meters), Time, NullLogger<ComponentStream>.Instance);
    }

    public string Host { get; }

    public ExternalComponentSettings Component { get; }

    public HostSettings Settings { get; }

    public string Domain => Component.Domain;

    public FakeTimeProvider Time { get; } = new();

    public FakeHosts Hosts { get; } = new();

    public ComponentTable Table { get; }

    public SessionTable Sessions { get; }

    public ComponentWatch Watch { get; }

    public FrontendRegistration Registration { get; }

    public ComponentServices Services { get; }

    public IComponentGrain Grain { get; }

    /// <summary>What was told and routed, in its order: <c>connected</c>, a stanza as it is routed, <c>disconnected</c>.</summary>
    public ConcurrentQueue<string> Log { get; } = new();

    /// <summary>Runs when a component is connected, before it is told that it is.</summary>
    public Func<ComponentStream, Task> WhenConnected { get; set; } = _ => Task.CompletedTask;

    public ConcurrentQueue<ComponentStream> Streams { get; } = new();

    /// <summary>A connection whose header was answered.</summary>
    public async Task<(MemoryConnection Connection, string StreamId)> OpenAsync(int bytesMax = 64 * 1024 * 1024)
    {
        var connection = new MemoryConnection(bytesMax);
        _connections.Add(connection);
        connection.Accept(Services);
        connection.Send($"<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='{Domain}'>");
        var header = await connection.UntilAsync("<stream:stream", ">");
        return (connection, Id().Match(header).Groups[1].Value);
    }

    public async Task<MemoryConnection> SendHandshakeAsync(int bytesMax = 64 * 1024 * 1024)
    {
        var (connection, id) = await OpenAsync(bytesMax);
        connection.Send($"<handshake>{XmppActor.Digest(id, Secret)}</handshake>");
        return connection;
    }

    /// <summary>A connection that is the component's.</summary>
    public async Task<(MemoryConnection Connection, ComponentStream Stream)> ConnectAsync(int bytesMax = 64 * 1024 * 1024)
    {
        var known = Streams.ToHashSet();
        var connection = await SendHandshakeAsync(bytesMax);
        await connection.UntilAsync("<handshake/>");

        // Who has its handshake is there for everybody.
        var stream = Streams.Single(stream => !known.Contains(stream));
        Assert.Contains(stream, Table.Of(Domain));
        return (connection, stream);
    }

    /// <summary>Waits for what is under way on another thread.</summary>
    public static async Task UntilAsync(Func<bool> isSo)
    {
        var began = Environment.TickCount64;
        while (!isSo())
        {
            Assert.True(Environment.TickCount64 - began < Timeouts.Test.TotalMilliseconds, "it did not come to be so");
            await Task.Yield();
        }
    }

    public async ValueTask ConnectedAsync(IEntityStream stream)
    {
        var component = Assert.IsType<ComponentStream>(stream);
        Log.Enqueue("connected");
        Streams.Enqueue(component);
        await WhenConnected(component);
    }

    public void Disconnected(IEntityStream stream) => Log.Enqueue("disconnected");

    public ValueTask RouteAsync(ComponentStream stream, Jid from, Jid to, ReadOnlySpan<byte> element, in ElementHead head)
    {
        Log.Enqueue(Encoding.UTF8.GetString(StanzaStamping.Stamp(stream.AddressOf(from), element, head, to).Xml.Span));
        return default;
    }

    /// <summary>A message from one of the host's users.</summary>
    public StanzaFrame Message(string user, string id)
    {
        var xml = $"<message to='{Domain}' from='{user}@{Host}/r' id='{id}'/>";
        return new(StanzaKind.Message, StanzaType.Normal, Jid.Parse($"{user}@{Host}/r"), Jid.Parse(Domain), id, Encoding.UTF8.GetBytes(xml), $"<message to='{Domain}'".Length);
    }

    public async ValueTask DisposeAsync()
    {
        GC.KeepAlive(_sink);
        foreach (var connection in _connections)
        {
            await connection.DisposeAsync();
        }
    }

    [GeneratedRegex(" id='([0-9a-f]{32})'")]
    private static partial Regex Id();
}
