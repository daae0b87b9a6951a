using System.Diagnostics.Metrics;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using Krewe.Contracts.Addressing;
using Krewe.Frontend.Observability;
using Krewe.Frontend.Streams;
using Krewe.Tests.Support;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Tests.Unit.Streams;

/// <summary>
/// A stream on pipes in memory whose input nobody reads: for what is done to a stream from outside. Where it stands, and since when, is set by the test, as its deadlines
/// are minutes.
/// </summary>
internal sealed class UnreadStream
{
    private static readonly IMeterFactory Meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();

    private readonly Pipe _output = new(new PipeOptions(useSynchronizationContext: false));

    public UnreadStream(TimeProvider time, StreamTransport transport = StreamTransport.Tcp)
    {
        var services = new C2SServices(
            null!, null!, null!, null!, null!, null!, null!, null!, null!, null!, null!, null!, null!, null!, null!, new FrontendInstruments(Meters), time, NullLogger<C2SStream>.Instance);
        Stream = new C2SStream(services, new DefaultConnectionContext("c", new Duplex(_output.Writer), null!), transport);
    }

    public C2SStream Stream { get; }

    /// <summary>What was written to the client, once it ends so.</summary>
    public async Task<string> WrittenAsync(string end)
    {
        while (true)
        {
            var result = await _output.Reader.ReadAsync().AsTask().WaitAsync(Timeouts.Test);
            var text = Encoding.UTF8.GetString(result.Buffer);
            if (text.EndsWith(end, StringComparison.Ordinal))
            {
                _output.Reader.AdvanceTo(result.Buffer.End);
                return text;
            }

            _output.Reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }

    /// <summary>What was written so far and not taken by <see cref="WrittenAsync"/>.</summary>
    public string Written()
    {
        if (!_output.Reader.TryRead(out var result))
        {
            return "";
        }

        var text = Encoding.UTF8.GetString(result.Buffer);
        _output.Reader.AdvanceTo(result.Buffer.Start);
        return text;
    }

    /// <summary>Takes what was written, and forgets it.</summary>
    public void Discard()
    {
        if (_output.Reader.TryRead(out var result))
        {
            _output.Reader.AdvanceTo(result.Buffer.End);
        }
    }

    public UnreadStream OpenedBefore(TimeSpan ago)
    {
        OpenedAt(Stream) = Environment.TickCount64 - (long)ago.TotalMilliseconds;
        return this;
    }

    /// <summary>Bound, and silent for so long.</summary>
    public UnreadStream SilentFor(TimeSpan ago)
    {
        State(Stream) = StreamState.Bound;
        Self(Stream) = Jid.Parse("romeo@h.example/orchard");
        LastInbound(Stream) = Environment.TickCount64 - (long)ago.TotalMilliseconds;
        return this;
    }

    /// <summary>Bound to this full JID, with this session number.</summary>
    public UnreadStream BoundAs(long session, string jid)
    {
        Session(Stream) = session;
        State(Stream) = StreamState.Bound;
        Self(Stream) = Jid.Parse(jid);
        FromFull(Stream) = Encoding.UTF8.GetBytes(System.Security.SecurityElement.Escape(jid));
        return this;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "<Session>k__BackingField")]
    private static extern ref long Session(C2SStream stream);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_fromFull")]
    private static extern ref byte[] FromFull(C2SStream stream);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "<OpenedAt>k__BackingField")]
    private static extern ref long OpenedAt(C2SStream stream);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "<Self>k__BackingField")]
    private static extern ref Jid? Self(C2SStream stream);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_lastInbound")]
    private static extern ref long LastInbound(C2SStream stream);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_state")]
    private static extern ref StreamState State(C2SStream stream);

    private sealed class Duplex(PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input { get; } = new Pipe().Reader;

        public PipeWriter Output => output;
    }
}
