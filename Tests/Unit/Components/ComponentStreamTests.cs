using System.Text;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Components;
using Krewe.Frontend.Streams;
using Krewe.Tests.Grains.Sessions;
using Krewe.Tests.Support;

namespace Krewe.Tests.Unit.Components;

/// <summary>A component's stream: what is routed from it, what comes to it and in which order.</summary>
public sealed class ComponentStreamTests(SessionsSilo silo) : IClassFixture<SessionsSilo>, IAsyncDisposable
{
    private readonly ComponentStage _stage = new(silo);

    public ValueTask DisposeAsync() => _stage.DisposeAsync();

    [Theory]
    [InlineData("<message from='{0}' to='a.example'><body>b</body></message>", "<message to='a.example' from='{0}'><body>b</body></message>")]
    [InlineData("<message xmlns='jabber:component:accept' from='x@{0}/é' to='a.example' type='chat'/>", "<message to='a.example' from='x@{0}/é' type='chat'/>")]
    [InlineData("<message from='X@{0}' to='a.example'><body xmlns='jabber:component:accept'>b</body></message>", "<message to='a.example' from='x@{0}'><body xmlns='jabber:client'>b</body></message>")]
    [InlineData("<message xmlns='jabber:client' from='{0}' to='a.example'><body>b</body></message>", "<message to='a.example' from='{0}'><body>b</body></message>")]
    [InlineData(
        "<message xmlns='jabber:client' from='{0}' to='a.example'><body xmlns='jabber:component:accept'>b</body></message>",
        "<message to='a.example' from='{0}'><body xmlns='jabber:client'>b</body></message>")]
    [InlineData(
        "<message from='{0}' to='a.example'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'><body/></message></forwarded></message>",
        "<message to='a.example' from='{0}'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'><body/></message></forwarded></message>")]
    public async Task Stanza_IsRoutedInNoDeclaredNamespace(string sent, string routed)
    {
        var (connection, _) = await _stage.ConnectAsync();

        connection.Send(string.Format(null, sent, _stage.Domain));

        await ComponentStage.UntilAsync(() => _stage.Log.Count > 1);
        Assert.Equal(["connected", string.Format(null, routed, _stage.Domain)], _stage.Log);
    }

    [Theory]
    [InlineData("<message to='a'><body>b</body></message>", "<message to='a'><body>b</body></message>")]
    [InlineData("<message to='a'><body xmlns='jabber:client'>jabber:client</body></message>", "<message to='a'><body xmlns='jabber:component:accept'>jabber:client</body></message>")]
    [InlineData("<iq><error xmlns='jabber:client'/></iq><iq/>", "<iq><error xmlns='jabber:component:accept'/></iq><iq/>")]
    [InlineData(
        "<iq><d xmlns='urn:xmpp:delegation:2'><forwarded xmlns='urn:xmpp:forward:0'><iq xmlns='jabber:client'/></forwarded></d></iq>",
        "<iq><d xmlns='urn:xmpp:delegation:2'><forwarded xmlns='urn:xmpp:forward:0'><iq xmlns='jabber:client'/></forwarded></d></iq>")]
    public async Task Element_IsWrittenInTheComponentsNamespace(string given, string written)
    {
        var (connection, stream) = await _stage.ConnectAsync();
        var bytes = Encoding.UTF8.GetBytes(given);

        Assert.True(stream.Enqueue(bytes));
        Assert.True(stream.TryHold(bytes.AsSpan(0, 3), bytes.AsSpan(3, 2), bytes.AsSpan(5), out var isFlushDue));
        Assert.True(isFlushDue);
        stream.Queue.Flush();
        stream.End(StreamErrorCondition.Reset, null);

        Assert.StartsWith(written + written + "<stream:error>", await connection.UntilAsync("</stream:stream>"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatGrainsSend_IsWritten_WithAnotherToWhereOneIsGiven()
    {
        var (connection, stream) = await _stage.ConnectAsync();
        var message = _stage.Message("romeo", "1");

        Assert.True(stream.TryDeliver(new ProbeContent()));
        Assert.True(stream.TryDeliver(new StanzaContent(message)));
        Assert.True(stream.TryDeliver(new StanzaContent(message, Jid.Parse($"x@{_stage.Domain}"))));
        Assert.True(stream.TryDeliver(new StanzaContent(message with { Kind = StanzaKind.Presence, Type = StanzaType.Unavailable, Id = null, Xml = default })));
        Assert.True(stream.TryDeliver(new EndContent(StreamEnd.Conflict)));

        var (domain, user) = (_stage.Domain, $"romeo@{_stage.Host}/r");
        Assert.StartsWith(
            $"<message to='{domain}' from='{user}' id='1'/><message to='x@{domain}' from='{user}' id='1'/><presence to='{domain}' from='{user}' type='unavailable'/><stream:error><conflict ",
            await connection.UntilAsync("</stream:stream>"), StringComparison.Ordinal);
        Assert.False(stream.TryDeliver(new ProbeContent()));
        Assert.False(stream.TryDeliver(new StanzaContent(message)));
        Assert.False(stream.IsOpen);
    }

    [Fact]
    public async Task Observers_ComeBeforeAnyStanza_InEitherDirection()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _stage.WhenConnected = async stream =>
        {
            await gate.Task;
            stream.Enqueue("<message id='advertisement'/>"u8);
        };
        var connection = await _stage.SendHandshakeAsync();
        await ComponentStage.UntilAsync(() => !_stage.Log.IsEmpty);
        connection.Send($"<message from='{_stage.Domain}' to='a.example' id='early'/>");
        Assert.False(_stage.Table.TryPick(_stage.Domain, "romeo@a.example", out _));
        Assert.False(_stage.Table.IsConnected(_stage.Domain));
        Assert.True(await _stage.Grain.DeliverAsync(new StanzaContent(_stage.Message("romeo", "1"))));
        Assert.True(await _stage.Grain.DeliverAsync(new StanzaContent(_stage.Message("romeo", "2"))));
        Assert.Equal(["connected"], _stage.Log);
        Assert.Equal(0, connection.Discard());

        gate.SetResult();

        var written = await connection.UntilAsync("id='2'/>");
        Assert.Equal($"<handshake/><message id='advertisement'/><message to='{_stage.Domain}' from='romeo@{_stage.Host}/r' id='1'/><message to='{_stage.Domain}' from='romeo@{_stage.Host}/r' id='2'/>", written);
        await ComponentStage.UntilAsync(() => _stage.Log.Count > 1);
        Assert.Equal(["connected", $"<message to='a.example' from='{_stage.Domain}' id='early'/>"], _stage.Log);
        Assert.True(_stage.Table.TryPick(_stage.Domain, "romeo@a.example", out _));
        Assert.True(_stage.Table.IsConnected(_stage.Domain));
    }

    [Fact]
    public async Task End_TakesTheStreamOutOfEverything()
    {
        var (connection, stream) = await _stage.ConnectAsync();
        Assert.True(_stage.Sessions.TryGetComponent(stream.Session, out _));
        Assert.Equal(stream.Session, Assert.Single(await _stage.Grain.ConnectionsAsync()).Session);

        connection.Send("</stream:stream>");
        Assert.Equal("</stream:stream>", await connection.UntilAsync("</stream:stream>"));

        Assert.False(_stage.Table.TryPick(_stage.Domain, "romeo@a.example", out _));
        Assert.Empty(_stage.Table.Of(_stage.Domain));
        Assert.Equal(0, _stage.Table.Count);
        await connection.DisposeAsync();
        Assert.Equal(["connected", "disconnected"], _stage.Log);
        Assert.False(_stage.Sessions.TryGetComponent(stream.Session, out _));
        Assert.Empty(await _stage.Grain.ConnectionsAsync());
        Assert.Equal(0, _stage.Watch.Count);
    }

    [Fact]
    public async Task ReaderThatIsTooSlow_LosesItsStream()
    {
        var (connection, stream) = await _stage.ConnectAsync(bytesMax: 64 * 1024);
        var chunk = new byte[256 * 1024];
        chunk.AsSpan().Fill((byte)' ');
        var accepted = 0;
        while (stream.Enqueue(chunk))
        {
            accepted += chunk.Length;
        }

        Assert.InRange(accepted, ComponentStream.WaitingBytesMax, ComponentStream.WaitingBytesMax + (4 * chunk.Length));
        await connection.WhenClosedAsync();
        Assert.False(stream.IsOpen);
        Assert.Equal(["connected", "disconnected"], _stage.Log);
    }

    [Fact]
    public async Task ChangesOfTheHost_ReachOnlyWhomTheyConcern()
    {
        await _stage.Watch.StartAsync(CancellationToken.None);
        var (connection, stream) = await _stage.ConnectAsync();

        _stage.Hosts.Set(_stage.Settings with { ComponentStanzaSizeLimit = 20_000, Version = 2 });
        _stage.Hosts.Set(HostSettings.Default("other.example") with { Enabled = false });
        Assert.True(stream.IsOpen);
        Assert.Equal(20_000, stream.Owner.Host.ComponentStanzaSizeLimit);

        var changed = _stage.Component with { Secret = "another secret" };
        _stage.Hosts.Set(_stage.Settings with { Components = _stage.Settings.Components.SetItem(changed.Domain, changed) });
        Assert.Contains("<reset ", await connection.UntilAsync("</stream:stream>"), StringComparison.Ordinal);
        await _stage.Watch.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Drain_EndsEveryStream_AndTakesNoMore()
    {
        var (connection, _) = await _stage.ConnectAsync();
        var (stranger, _) = await _stage.OpenAsync();

        var drained = _stage.Watch.DrainAsync(CancellationToken.None);

        Assert.Contains("<system-shutdown ", await connection.UntilAsync("</stream:stream>"), StringComparison.Ordinal);
        Assert.Contains("<system-shutdown ", await stranger.UntilAsync("</stream:stream>"), StringComparison.Ordinal);
        await using var late = new MemoryConnection();
        late.Accept(_stage.Services);
        Assert.Contains("<system-shutdown ", await late.UntilAsync("</stream:stream>"), StringComparison.Ordinal);
        await connection.DisposeAsync();
        await stranger.DisposeAsync();
        await late.DisposeAsync();
        while (!drained.IsCompleted)
        {
            await _stage.Time.UntilTimersAsync(1);
            _stage.Time.Advance(TimeSpan.FromMilliseconds(20));
        }

        Assert.Equal(0, _stage.Watch.Count);
    }

    [Fact]
    public async Task Balance_PicksOneConnectionForEachUser_WhileItLasts()
    {
        await using var stage = new ComponentStage(silo, ComponentConflict.Balance);
        var connections = new[] { await stage.ConnectAsync(), await stage.ConnectAsync(), await stage.ConnectAsync() };
        string[] users = [.. Enumerable.Range(0, 300).Select(user => $"user{user}@{stage.Host}")];
        var before = users.ToDictionary(user => user, Pick);
        Assert.Equal(3, before.Values.Distinct().Count());
        Assert.All(users, user => Assert.Same(before[user], Pick(user)));

        // A grain, too, sends what a user sends to the same connection.
        foreach (var user in users[..20])
        {
            Assert.True(await stage.Grain.DeliverAsync(new StanzaContent(stage.Message(user.Split('@')[0], user))));
            await connections.Single(one => one.Stream == before[user]).Connection.UntilAsync($"id='{user}'");
        }

        var (lost, stream) = connections[1];
        lost.Send("</stream:stream>");
        await lost.UntilAsync("</stream:stream>");
        Assert.All(users, user => Assert.True(before[user] == stream ? Pick(user) != stream : Pick(user) == before[user]));

        ComponentStream Pick(string user) => stage.Table.TryPick(stage.Domain, user, out var picked) ? picked : throw new InvalidOperationException("none");
    }
}
