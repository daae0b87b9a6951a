using Krewe.Frontend.Streams;
using Krewe.Tests.Support;

namespace Krewe.Tests.Unit.Streams;

/// <summary>The deadlines of all streams, by one clock.</summary>
public sealed class StreamWatchTests : IAsyncLifetime
{
    private const string Closed = "</stream:stream>";

    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(5);

    private readonly FakeTimeProvider _time = new();
    private readonly StreamWatch _watch;

    public StreamWatchTests() => _watch = new StreamWatch(_time);

    public Task InitializeAsync() => _watch.StartAsync(CancellationToken.None);

    public async Task DisposeAsync()
    {
        await _watch.StopAsync(CancellationToken.None);
        _watch.Dispose();
    }

    [Fact]
    public async Task Stream_ThatBindsNothingInTime_IsEnded_AndAYoungerOneIsNot()
    {
        var old = Watched().OpenedBefore(StreamWatch.BindWithin + TimeSpan.FromSeconds(1));
        var young = Watched().OpenedBefore(StreamWatch.BindWithin / 2);

        await SweepAsync();

        Assert.Contains("<policy-violation ", await old.WrittenAsync(Closed), StringComparison.Ordinal);
        Assert.Equal("", young.Written());
    }

    [Fact]
    public async Task BoundStream_IsNotHeldToTheTimeForBinding()
    {
        var bound = Watched().OpenedBefore(TimeSpan.FromHours(1)).SilentFor(TimeSpan.Zero);

        await SweepAsync();

        Assert.Equal("", bound.Written());
        Assert.Equal(StreamState.Bound, bound.Stream.State);
    }

    [Fact]
    public async Task SilentStream_IsAskedOnce_WhetherItLives()
    {
        var silent = Watched().SilentFor(StreamWatch.PingAfter + TimeSpan.FromSeconds(1));

        await SweepAsync();
        await SweepAsync();

        Assert.Equal(
            "<iq type='get' id='krewe-ping' from='' to='romeo@h.example/orchard'><ping xmlns='urn:xmpp:ping'/></iq>", await silent.WrittenAsync("</iq>"));
        Assert.Equal("", silent.Written());
        Assert.Equal(StreamState.Bound, silent.Stream.State);
    }

    [Fact]
    public async Task DeadStream_IsEnded()
    {
        var dead = Watched().SilentFor(StreamWatch.DeadAfter + TimeSpan.FromSeconds(1));

        await SweepAsync();

        Assert.Contains("<connection-timeout ", await dead.WrittenAsync(Closed), StringComparison.Ordinal);
        Assert.Equal(StreamState.Ended, dead.Stream.State);
    }

    [Fact]
    public void StrangersConnections_AreBounded_AndRoomComesBack()
    {
        var strangers = Enumerable.Range(0, StreamWatch.UnboundMax).Select(_ => Watched().Stream).ToArray();
        AssertIsFull();

        // One is bound, and no stranger any more; another ends, but counts until its connection is closed.
        _watch.Bound(strangers[0]);
        Assert.True(_watch.Remove(strangers[1]));
        Watched();
        AssertIsFull();
        _watch.ReleaseUnbound(strangers[1]);
        Watched();
        AssertIsFull();

        // The end of the bound one, and one told twice, make no room.
        Assert.False(_watch.Remove(strangers[0]));
        Assert.False(_watch.Remove(strangers[1]));
        _watch.Bound(strangers[2]);
        _watch.Bound(strangers[2]);
        Watched();
        AssertIsFull();
    }

    [Fact]
    public async Task Drain_TellsEveryStream_RefusesNewOnes_AndWaitsForTheLast()
    {
        var (bound, unbound) = (Watched().SilentFor(TimeSpan.Zero), Watched());

        var drained = _watch.DrainAsync(CancellationToken.None);
        Assert.Contains("<system-shutdown ", await bound.WrittenAsync(Closed), StringComparison.Ordinal);
        Assert.Contains("<system-shutdown ", await unbound.WrittenAsync(Closed), StringComparison.Ordinal);
        Assert.Equal(StreamErrorCondition.SystemShutdown, Assert.Throws<StreamException>(() => Watched()).Condition);

        _watch.Remove(bound.Stream);
        await PassAsync();
        Assert.False(drained.IsCompleted);

        // The one that was refused takes itself out, as every stream does at its end.
        _watch.Remove(unbound.Stream);
        _watch.Remove(_last!);
        while (!drained.IsCompleted)
        {
            await Task.WhenAny(drained, PassAsync()).WaitAsync(Timeouts.Test);
        }

        Assert.Equal(0, _watch.Count);
    }

    [Fact]
    public async Task Drain_ThatTakesTooLong_IsGivenUp()
    {
        Watched();
        using var patience = new CancellationTokenSource();

        var drained = _watch.DrainAsync(patience.Token);
        await patience.CancelAsync();
        await PassAsync();

        await drained.WaitAsync(Timeouts.Test);
        Assert.Equal(1, _watch.Count);
    }

    /// <summary>A stream that is refused takes itself out, as every stream does at its end.</summary>
    private void AssertIsFull()
    {
        Assert.Equal(StreamErrorCondition.ResourceConstraint, Assert.Throws<StreamException>(() => Watched()).Condition);
        Assert.True(_watch.Remove(_last!));
        _watch.ReleaseUnbound(_last!);
    }

    private C2SStream? _last;

    private UnreadStream Watched()
    {
        var stream = new UnreadStream(_time);
        _last = stream.Stream;
        _watch.Add(stream.Stream);
        return stream;
    }

    /// <summary>A sweep that has been at every stream: when a second one has ended a stream, the first is over.</summary>
    private async Task SweepAsync()
    {
        for (var i = 0; i < 2; i++)
        {
            var marker = new UnreadStream(_time).SilentFor(StreamWatch.DeadAfter * 2);
            _watch.Add(marker.Stream);
            await _time.UntilTimersAsync(1);
            _time.Advance(SweepEvery);
            await marker.WrittenAsync(Closed);
            _watch.Remove(marker.Stream);
        }
    }

    /// <summary>Lets the drain look once more.</summary>
    private async Task PassAsync()
    {
        await _time.UntilTimersAsync(2);
        _time.Advance(TimeSpan.FromMilliseconds(20));
    }
}
