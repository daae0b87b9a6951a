using System.IO.Pipelines;
using System.Net;
using Krewe.Contracts.Components;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Sessions;
using Krewe.Frontend.Components;
using Krewe.Frontend.Streams;
using Krewe.Tests.Grains.Sessions;
using Krewe.Tests.Support;
using Microsoft.AspNetCore.Connections;

namespace Krewe.Tests.Unit.Components;

/// <summary>Deadlines and signs of life of a component's link (specs C-006, C-015, C-023).</summary>
public sealed class ComponentLivenessTests(SessionsSilo silo) : IClassFixture<SessionsSilo>, IAsyncDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ComponentStage _stage = new(silo);

    public ValueTask DisposeAsync() => _stage.DisposeAsync();

    [Fact]
    public async Task Handshake_HasFifteenSeconds()
    {
        var (silent, _) = await _stage.OpenAsync();
        var nameless = new MemoryConnection();
        nameless.Accept(_stage.Services);
        await ComponentStage.UntilAsync(() => _stage.Watch.Count == 2);
        await _stage.Watch.StartAsync(CancellationToken.None);
        await _stage.Time.UntilTimersAsync(1);
        _stage.Time.Advance(ComponentStream.HandshakeWithin - Second);
        var (connection, stream) = await _stage.ConnectAsync();
        Assert.Equal(0, silent.Discard());

        _stage.Time.Advance(Second);

        Assert.Contains("<policy-violation ", await silent.UntilAsync("</stream:stream>"), StringComparison.Ordinal);
        Assert.Contains("<policy-violation ", await nameless.UntilAsync("<stream:stream", "</stream:stream>"), StringComparison.Ordinal);
        Assert.True(stream.IsOpen);
        await nameless.DisposeAsync();
        await _stage.Watch.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Silence_OfOurs_IsBrokenBySpace()
    {
        var (connection, stream) = await _stage.ConnectAsync();
        Pass(TimeSpan.FromSeconds(30), stream);
        connection.Send(" ");
        Pass(ComponentStream.KeepaliveAfter - TimeSpan.FromSeconds(30) - Second, stream);
        Assert.Equal(0, connection.Discard());

        Pass(Second, stream);

        Assert.Equal(" ", await connection.UntilAsync(" "));
        Pass(Second, stream);
        Assert.Equal(0, connection.Discard());
    }

    [Fact]
    public async Task Silence_OfTheComponent_IsAskedAbout_AndAnAnswerIsForNobodyElse()
    {
        var (connection, stream) = await _stage.ConnectAsync();
        Pass(ComponentStream.PingAfter - Second, stream);
        Assert.Equal(0, connection.Discard());

        Pass(Second, stream);
        Pass(Second, stream);

        Assert.Equal(
            $"<iq type='get' id='krewe-ping-1' from='{_stage.Host}' to='{_stage.Domain}'><ping xmlns='urn:xmpp:ping'/></iq>", await connection.UntilAsync("</iq>"));
        connection.Send($"<iq type='error' id='krewe-ping-1' from='{_stage.Domain}' to='{_stage.Host}'/>");
        Pass(TimeSpan.FromSeconds(40), stream);
        Assert.True(stream.IsOpen);
        Assert.Equal(["connected"], _stage.Log);

        // Another's answer of the same name is routed.
        connection.Send($"<iq type='result' id='krewe-ping-1' from='{_stage.Domain}' to='a.example'/>");
        await ComponentStage.UntilAsync(() => _stage.Log.Count == 2);
    }

    [Fact]
    public async Task Silence_ThatGoesOn_EndsTheLink()
    {
        var (connection, stream) = await _stage.ConnectAsync();
        Pass(ComponentStream.PingAfter, stream);
        await connection.UntilAsync("<ping ");
        Pass(TimeSpan.FromSeconds(29), stream);
        Assert.True(stream.IsOpen);

        Pass(Second, stream);

        Assert.False(stream.IsOpen);
        Assert.False(_stage.Table.IsConnected(_stage.Domain));
        await connection.WhenClosedAsync();
        Assert.Equal(["connected", "disconnected"], _stage.Log);
        Assert.Empty(await _stage.Grain.ConnectionsAsync());
    }

    [Fact]
    public async Task Conflict_WithAConnectionThatDoesNotAnswer_IsNone()
    {
        var (old, oldStream) = await _stage.ConnectAsync();
        var fresh = await _stage.SendHandshakeAsync();
        await old.UntilAsync("<ping ");
        await _stage.Time.UntilTimersAsync(1);

        _stage.Time.Advance(ComponentAdmissions.ProofWithin);

        await fresh.UntilAsync("<handshake/>");
        Assert.False(oldStream.IsOpen);
        await ComponentStage.UntilAsync(() => _stage.Table.Of(_stage.Domain).Count == 1 && _stage.Log.Contains("disconnected"));
        Assert.NotSame(oldStream, Assert.Single(_stage.Table.Of(_stage.Domain)));
    }

    [Fact]
    public async Task Conflict_WithAConnectionThatAnswers_RefusesTheNewOne()
    {
        var (old, oldStream) = await _stage.ConnectAsync();
        var fresh = await _stage.SendHandshakeAsync();
        await old.UntilAsync("<ping ");

        old.Send(" ");

        Assert.Contains("<conflict ", await fresh.UntilAsync("</stream:stream>"), StringComparison.Ordinal);
        Assert.True(oldStream.IsOpen);
        Assert.Equal(oldStream.Session, Assert.Single(await _stage.Grain.ConnectionsAsync()).Session);
    }

    [Fact]
    public async Task Conflict_WithAConnectionThatTheGrainAloneRemembers_IsNone()
    {
        await _stage.Grain.ConnectAsync(new ComponentConnection(_stage.Registration.Frontend, 999), ComponentConflict.KickNew);

        var (_, stream) = await _stage.ConnectAsync();

        Assert.Equal(stream.Session, Assert.Single(await _stage.Grain.ConnectionsAsync()).Session);
    }

    [Fact]
    public async Task Proof_OfAStreamThatEnds_IsNone()
    {
        var (_, stream) = await _stage.ConnectAsync();
        var proof = stream.ProveAliveAsync(TimeSpan.FromSeconds(5));

        stream.End(StreamErrorCondition.Reset, null);

        Assert.False(await proof.WaitAsync(Timeouts.Test));
        Assert.False(await stream.ProveAliveAsync(TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public async Task Grain_ThatForgot_IsToldAgain()
    {
        var (_, stream) = await _stage.ConnectAsync();
        await _stage.Grain.DisconnectAsync(new ComponentConnection(_stage.Registration.Frontend, stream.Session));

        Pass(ComponentStream.ReaffirmAfter, stream);

        while (!(await _stage.Grain.ConnectionsAsync()).Any(one => one.Session == stream.Session))
        {
            await Task.Yield();
        }

        Assert.True(stream.IsOpen);
    }

    [Fact]
    public async Task Grain_ThatKnowsOfAnotherInstead_EndsTheStream()
    {
        var (connection, stream) = await _stage.ConnectAsync();
        await _stage.Grain.DisconnectAsync(new ComponentConnection(_stage.Registration.Frontend, stream.Session));
        var elsewhere = new FrontendRef("elsewhere", _stage.Registration.Frontend.Sink);
        await _stage.Grain.ConnectAsync(new ComponentConnection(elsewhere, 1), ComponentConflict.KickNew);

        Pass(ComponentStream.ReaffirmAfter, stream);

        Assert.Contains("<conflict ", await connection.UntilAsync("</stream:stream>"), StringComparison.Ordinal);
    }

    [Fact]
    public void Strangers_AreBounded_AndRoomComesBack()
    {
        var strangers = Enumerable.Range(0, ComponentWatch.StrangersMax).Select(_ => Unread()).ToArray();
        foreach (var stranger in strangers)
        {
            _stage.Watch.Add(stranger);
        }

        var refused = Unread();
        Assert.Equal(StreamErrorCondition.ResourceConstraint, Assert.Throws<StreamException>(() => _stage.Watch.Add(refused)).Condition);
        _stage.Watch.Remove(refused);

        _stage.Watch.Established(strangers[0]);
        _stage.Watch.Established(strangers[0]);
        _stage.Watch.Add(Unread());
        var second = Unread();
        Assert.Throws<StreamException>(() => _stage.Watch.Add(second));
        _stage.Watch.Remove(second);
        _stage.Watch.Remove(strangers[0]);
        _stage.Watch.Remove(strangers[1]);
        _stage.Watch.Add(Unread());
        Assert.Equal(ComponentWatch.StrangersMax, _stage.Watch.Count);
    }

    [Fact]
    public void Strangers_FromOneAddress_LeaveRoomForOthers()
    {
        var strangers = Enumerable.Range(0, ComponentWatch.StrangersFromOneMax).Select(_ => Unread(IPAddress.Loopback)).ToArray();
        foreach (var stranger in strangers)
        {
            _stage.Watch.Add(stranger);
        }

        var refused = Unread(IPAddress.Loopback);
        Assert.Equal(StreamErrorCondition.ResourceConstraint, Assert.Throws<StreamException>(() => _stage.Watch.Add(refused)).Condition);
        _stage.Watch.Remove(refused);
        _stage.Watch.Add(Unread(IPAddress.IPv6Loopback));

        _stage.Watch.Established(strangers[0]);
        _stage.Watch.Add(Unread(IPAddress.Loopback));
        Assert.Throws<StreamException>(() => _stage.Watch.Add(Unread(IPAddress.Loopback)));
    }

    private ComponentStream Unread(IPAddress? from = null) =>
        new(_stage.Services, new DefaultConnectionContext("c", new Pipes(), null!) { RemoteEndPoint = from is null ? null : new IPEndPoint(from, 5000) });

    private sealed class Pipes : IDuplexPipe
    {
        public PipeReader Input { get; } = new Pipe().Reader;

        public PipeWriter Output { get; } = new Pipe().Writer;
    }

    /// <summary>Second for second.</summary>
    private void Pass(TimeSpan time, ComponentStream stream)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += Second)
        {
            _stage.Time.Advance(Second);
            stream.Look();
        }
    }
}
