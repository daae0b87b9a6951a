using System.Buffers;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using BenchmarkDotNet.Attributes;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Delivery;
using Krewe.Frontend.Muc;
using Krewe.Frontend.Observability;
using Krewe.Frontend.Streams;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Krewe.Benchmarks.Delivery;

/// <summary>
/// A room's stanza to 1,000 sessions of this process, from the silo's batch to the sockets: the time for one delivery, writes to loopback sockets included. The peers read
/// between the iterations.
/// </summary>
[MemoryDiagnoser]
[SimpleJob(invocationCount: Batches, warmupCount: 3, iterationCount: 20)]
public class RoomDeliveryBenchmark
{
    private const int Sessions = 1000;

    /// <summary>As many as fit into a socket's buffers.</summary>
    private const int Batches = 64;

    /// <summary>A busy room's batch.</summary>
    private const int DeliveriesInABatch = 8;

    private readonly SessionTable _sessions = new();
    private readonly List<Socket> _peers = [];
    private readonly ArrayBufferWriter<byte> _output = new(1024);
    private readonly byte[] _drain = new byte[64 * 1024];
    private readonly Guid _lane = Guid.NewGuid();
    private readonly MucStanza _presence = new()
    {
        Kind = StanzaKind.Presence,
        Type = StanzaType.Available,
        From = Jid.Parse("coven@rooms.h.example/thirdwitch"),
        OccupantId = "dd72603deec90a38ba552f7c68cbcc61bca202cd00000000000000000000000",
        Payload = new MucPayload("<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='urn:client' ver='QgayPKawpkPSDYmwT/WM94uAlu0='/>"u8.ToArray(), default),
        User = new MucUserExtension { Item = new MucUserItem(MucAffiliation.None, MucRole.Participant) },
    };

    private FrontendSink _sink = null!;
    private Krewe.Contracts.Sessions.Delivery _delivery = null!;
    private long _sequence;

    [GlobalSetup]
    public async Task ConnectAsync()
    {
        _sink = new FrontendSink(_sessions, TimeProvider.System);
        var meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
        var services = new C2SServices(
            null!, null!, null!, null!, null!, null!, null!, null!, null!, null!, null!, null!, null!, null!, null!, new FrontendInstruments(meters), TimeProvider.System, NullLogger<C2SStream>.Instance);
        var transport = new SocketTransportFactory(Options.Create(new SocketTransportOptions { UnsafePreferInlineScheduling = true }), NullLoggerFactory.Instance);
        var listener = await transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0));
        for (var session = 1; session <= Sessions; session++)
        {
            var peer = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 1024 * 1024, NoDelay = true };
            await peer.ConnectAsync(listener.EndPoint);
            _peers.Add(peer);
            var stream = new C2SStream(services, (await listener.AcceptAsync())!, StreamTransport.Tcp);
            Session(stream) = session;
            Self(stream) = Jid.Parse($"user{session}@h.example/resource");
            FromFull(stream) = Encoding.UTF8.GetBytes($"user{session}@h.example/resource");
            _sessions.Add(stream);
        }

        _delivery = new([.. Enumerable.Range(1, Sessions).Select(session => (long)session)], _presence);
    }

    /// <summary>One payload for all: one write for each socket.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Sessions)]
    public Task OneDelivery() => _sink.DeliverAsync(new DeliveryBatch(_lane, ++_sequence, [_delivery]));

    /// <summary>Several in one batch: still one write for each socket.</summary>
    [Benchmark(OperationsPerInvoke = Sessions * DeliveriesInABatch)]
    public Task BusyRoom() => _sink.DeliverAsync(new DeliveryBatch(_lane, ++_sequence, [.. Enumerable.Repeat(_delivery, DeliveriesInABatch)]));

    /// <summary>One presence of the many that somebody who enters gets.</summary>
    [Benchmark]
    public int WritePresence()
    {
        _output.ResetWrittenCount();
        MucStanzaWriter.WriteRest(_output, _presence);
        return _output.WrittenCount;
    }

    [IterationCleanup]
    public void Drain()
    {
        foreach (var peer in _peers)
        {
            while (peer.Available > 0)
            {
                peer.Receive(_drain);
            }
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "<Session>k__BackingField")]
    private static extern ref long Session(C2SStream stream);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "<Self>k__BackingField")]
    private static extern ref Jid? Self(C2SStream stream);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_fromFull")]
    private static extern ref byte[] FromFull(C2SStream stream);
}
