using System.Collections.Concurrent;
using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Grains.Sessions;
using Krewe.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Tests.Grains.Sessions;

/// <summary>One silo's way to one frontend: no loss, no duplicate, no reorder, and an end when nobody answers.</summary>
public sealed class FrontendLaneTests
{
    private const int Kilobytes = 1024;

    private readonly FakeTimeProvider _time = new();
    private readonly Sink _sink = new();
    private readonly FrontendLanes _lanes;
    private readonly FrontendRef _frontend;

    public FrontendLaneTests()
    {
        _lanes = new FrontendLanes(_time, NullLogger<FrontendLanes>.Instance);
        _frontend = new FrontendRef("frontend", _sink);
    }

    [Fact]
    public async Task WhatComesWhileABatchIsUnderWay_GoesInTheNext_InItsOrder()
    {
        var gate = _sink.HoldNext();
        var first = EnqueueAsync("0");
        await _sink.NextBatchAsync();
        Task<ImmutableArray<long>>[] deliveries = [first, .. Enumerable.Range(1, 99).Select(i => EnqueueAsync($"{i}"))];
        Assert.All(deliveries, delivery => Assert.False(delivery.IsCompleted));

        gate.SetResult();
        Assert.All(await Task.WhenAll(deliveries).WaitAsync(Timeouts.Test), gone => Assert.Empty(gone));

        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"{i}"), _sink.Delivered);
        Assert.Equal([1, 2], _sink.Batches.Select(batch => batch.Sequence));
        Assert.Single(_sink.Batches.Select(batch => batch.Lane).Distinct());
    }

    [Fact]
    public async Task Batches_AreBoundedInNumberAndBytes()
    {
        var gate = _sink.HoldNext();
        var first = EnqueueAsync("first");
        await _sink.NextBatchAsync();
        var small = Enumerable.Range(0, 1200).Select(i => EnqueueAsync($"s{i}")).ToArray();
        var big = Enumerable.Range(0, 10).Select(i => EnqueueAsync($"b{i}", 100 * Kilobytes)).ToArray();
        gate.SetResult();
        await Task.WhenAll([first, .. small, .. big]).WaitAsync(Timeouts.Test);

        Assert.All(_sink.Batches, batch => Assert.InRange(batch.Deliveries.Length, 1, 512));

        // One delivery may cross the bound of 256 KB.
        Assert.All(_sink.Batches, batch => Assert.InRange(batch.Deliveries.Sum(Bytes), 0, (256 + 100) * Kilobytes));
        Assert.Equal(1 + 1200 + 10, _sink.Delivered.Count);
        Assert.Equal(_sink.Delivered.Distinct(), _sink.Delivered);
    }

    [Fact]
    public async Task LostReply_RepeatsTheSameBatch_AndWhatCameMeanwhileComesAfterIt()
    {
        _sink.FailNext(new TimeoutException("the reply was lost"), isTaken: true);

        var first = EnqueueAsync("1");
        await _sink.NextBatchAsync();
        var second = EnqueueAsync("2");
        await Task.WhenAll(first, second).WaitAsync(Timeouts.Test);

        Assert.Equal(["1", "2"], _sink.Delivered);
        Assert.Equal([1, 1, 2], _sink.Batches.Select(batch => batch.Sequence));
        Assert.Same(_sink.Batches[0].Deliveries[0], _sink.Batches[1].Deliveries[0]);
    }

    [Fact]
    public async Task BatchThatNeverArrived_IsSentAgain()
    {
        _sink.FailNext(new TimeoutException("the call was lost"), isTaken: false);

        Assert.Empty(await EnqueueAsync("1").WaitAsync(Timeouts.Test));

        Assert.Equal(["1"], _sink.Delivered);
    }

    [Fact]
    public async Task BatchThatIsRefusedOnTheWay_IsRepeatedAfterAWhile()
    {
        _sink.FailNext(new OrleansException("no way to the frontend"), isTaken: false);

        var delivery = EnqueueAsync("1");
        await _time.UntilTimersAsync(1).WaitAsync(Timeouts.Test);
        Assert.Single(_sink.Batches);
        Assert.False(delivery.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Empty(await delivery.WaitAsync(Timeouts.Test));
        Assert.Equal(2, _sink.Batches.Count);
        Assert.Equal(["1"], _sink.Delivered);
    }

    [Fact]
    public async Task SessionsThatAreGone_AreToldToThoseWhoAddressedThem()
    {
        _sink.Gone = [2, 4];
        var gate = _sink.HoldNext();
        var first = _lanes.EnqueueAsync(_frontend, [1], Content("a"));
        await _sink.NextBatchAsync();
        Task<ImmutableArray<long>>[] others =
            [_lanes.EnqueueAsync(_frontend, [1, 2, 3, 4], Content("b")), _lanes.EnqueueAsync(_frontend, [3], Content("c")), _lanes.EnqueueAsync(_frontend, [4], Content("d"))];
        gate.SetResult();

        Assert.Empty(await first.WaitAsync(Timeouts.Test));
        var gone = await Task.WhenAll(others).WaitAsync(Timeouts.Test);
        Assert.Equal([2, 4], gone[0].ToArray());
        Assert.Empty(gone[1]);
        Assert.Equal([4], gone[2].ToArray());
    }

    [Fact]
    public async Task NoSessions_CostNoCall()
    {
        Assert.True(_lanes.EnqueueAsync(_frontend, [], Content("a")).IsCompletedSuccessfully);
        Assert.Empty(await EnqueueAsync("b").WaitAsync(Timeouts.Test));

        Assert.Equal(["b"], _sink.Delivered);
    }

    [Fact]
    public async Task FrontendThatDoesNotAnswer_IsLost_WithAllThatWaitsForIt()
    {
        _sink.HoldAll();
        var first = _lanes.EnqueueAsync(_frontend, [1, 2], Content("1"));
        await _sink.NextBatchAsync();
        var second = _lanes.EnqueueAsync(_frontend, [3], Content("2"));

        // Repeated every two seconds, given up after ten.
        for (var i = 0; i < 5; i++)
        {
            Assert.False(first.IsCompleted);
            await _time.UntilTimersAsync(1);
            _time.Advance(TimeSpan.FromSeconds(2));
        }

        while (!first.IsCompleted)
        {
            await Task.WhenAny(first, _time.UntilTimersAsync(1)).WaitAsync(Timeouts.Test);
            _time.Advance(TimeSpan.FromSeconds(2));
        }

        await AssertGoneAsync(first, 1, 2);
        await AssertGoneAsync(second, 3);
        Assert.InRange(_time.GetUtcNow() - FirstMoment, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(14));
        Assert.Single(_sink.Batches.Select(batch => batch.Sequence).Distinct());
        Assert.InRange(_sink.Batches.Count, 5, 7);
    }

    [Fact]
    public async Task FrontendThatComesBack_AfterItsLaneWasLost_GetsANewOne()
    {
        _sink.FailNext(new FormatException("a bug of the sink"), isTaken: false);
        await AssertGoneAsync(EnqueueAsync("1"), 1);

        Assert.Empty(await EnqueueAsync("2").WaitAsync(Timeouts.Test));

        Assert.Equal(["2"], _sink.Delivered);
        Assert.Equal(2, _sink.Batches.Select(batch => batch.Lane).Distinct().Count());
        Assert.Equal([1, 1], _sink.Batches.Select(batch => batch.Sequence));
    }

    [Fact]
    public async Task SinkThatFails_IsLost_AndNobodyWaitsForIt()
    {
        var gate = _sink.HoldNext(new FormatException("a bug of the sink"));
        var first = EnqueueAsync("1");
        await _sink.NextBatchAsync();
        var second = EnqueueAsync("2");
        gate.SetResult();

        await AssertGoneAsync(first, 1);
        await AssertGoneAsync(second, 1);
    }

    [Fact]
    public async Task LaneThatIsFull_AndMakesNoProgress_HasLostItsFrontend()
    {
        _sink.HoldAll();
        var first = EnqueueAsync("first");
        await _sink.NextBatchAsync();
        await _time.UntilTimersAsync(1);

        // While the last answer is fresh, a burst may wait; 4 MB behind a frontend that has been silent for two seconds may not.
        var burst = Enumerable.Range(0, 50).Select(i => EnqueueAsync($"b{i}", 100 * Kilobytes)).ToArray();
        Assert.All(burst, delivery => Assert.False(delivery.IsCompleted));
        _time.Advance(TimeSpan.FromSeconds(2.5));

        await AssertGoneAsync(EnqueueAsync("last", 100 * Kilobytes), 1);
        Assert.All(await Task.WhenAll(burst).WaitAsync(Timeouts.Test), gone => Assert.Equal([1], gone.ToArray()));
        Assert.False(first.IsCompleted);
    }

    [Fact]
    public async Task EachFrontend_HasALaneOfItsOwn()
    {
        _sink.HoldAll();
        var held = EnqueueAsync("held");
        await _sink.NextBatchAsync();
        var other = new Sink();

        Assert.Empty(await _lanes.EnqueueAsync(new FrontendRef("other", other), [1], Content("a")).WaitAsync(Timeouts.Test));

        Assert.Equal(["a"], other.Delivered);
        Assert.False(held.IsCompleted);
    }

    private static readonly DateTimeOffset FirstMoment = new FakeTimeProvider().GetUtcNow();

    private static async Task AssertGoneAsync(Task<ImmutableArray<long>> delivered, params long[] gone) =>
        Assert.Equal(gone, (await delivered.WaitAsync(Timeouts.Test)).ToArray());

    private Task<ImmutableArray<long>> EnqueueAsync(string id, int bytes = 100) => _lanes.EnqueueAsync(_frontend, [1], Content(id, bytes));

    private static int Bytes(Contracts.Sessions.Delivery delivery) => ((StanzaContent)delivery.Content).Stanza.Xml.Length;

    private static StanzaContent Content(string id, int bytes = 100) => new(
        new StanzaFrame(StanzaKind.Message, StanzaType.Chat, Jid.Parse("juliet@h.example/balcony"), null, id, new byte[bytes], 8));

    /// <summary>A frontend that drops what it has seen, as the real one does, and that loses calls or answers as it is told to.</summary>
    private sealed class Sink : IFrontendSink
    {
        private readonly Lock _gate = new();
        private readonly HashSet<(Guid, long)> _seen = [];
        private readonly ConcurrentQueue<(TaskCompletionSource? Gate, Exception? Error, bool IsTaken)> _next = new();
        private readonly SemaphoreSlim _arrived = new(0);
        private readonly List<DeliveryBatch> _batches = [];
        private readonly List<string> _delivered = [];
        private bool _isHeld;

        public ImmutableArray<long> Gone { get; set; } = [];

        public IReadOnlyList<DeliveryBatch> Batches
        {
            get
            {
                lock (_gate)
                {
                    return [.. _batches];
                }
            }
        }

        public IReadOnlyList<string> Delivered
        {
            get
            {
                lock (_gate)
                {
                    return [.. _delivered];
                }
            }
        }

        public TaskCompletionSource HoldNext(Exception? error = null)
        {
            var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _next.Enqueue((gate, error, error is null));
            return gate;
        }

        public void FailNext(Exception error, bool isTaken) => _next.Enqueue((null, error, isTaken));

        public void HoldAll() => _isHeld = true;

        public async Task NextBatchAsync() => Assert.True(await _arrived.WaitAsync(Timeouts.Test));

        public async Task<DeliveryReport> DeliverAsync(DeliveryBatch batch)
        {
            lock (_gate)
            {
                _batches.Add(batch);
            }

            _arrived.Release();
            if (_isHeld)
            {
                await Task.Delay(Timeout.Infinite);
            }

            var isTold = _next.TryDequeue(out var told);
            if (isTold && told.Gate is { } gate)
            {
                await gate.Task;
            }

            if (!isTold || told.IsTaken)
            {
                lock (_gate)
                {
                    if (_seen.Add((batch.Lane, batch.Sequence)))
                    {
                        _delivered.AddRange(batch.Deliveries.Select(delivery => ((StanzaContent)delivery.Content).Stanza.Id!));
                    }
                }
            }

            return isTold && told.Error is { } error ? throw error : new DeliveryReport(Gone);
        }
    }
}
