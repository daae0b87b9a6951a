using System.Collections.Concurrent;
using System.Collections.Immutable;
using Krewe.Contracts.Audit;
using Krewe.Frontend.Http;
using Krewe.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Tests.Unit.Http;

/// <summary>What is on its way to the audit logs: in bounds, and not lost when a log does not take it at once.</summary>
public sealed class AuditQueueTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly ConcurrentQueue<(string Log, ImmutableArray<AuditEntry> Entries)> _written = new();
    private readonly AuditQueue _queue;
    private Func<Task> _answer = () => Task.CompletedTask;

    public AuditQueueTests()
    {
        var (grains, grainDouble) = GrainFactoryDouble.Create();
        grainDouble.With<IAuditLogGrain>(key => new LogDouble(this, key));
        _queue = new AuditQueue(grains, _time, NullLogger<AuditQueue>.Instance);
    }

    [Fact]
    public async Task Refusals_ThatAreEqual_AreWrittenAsOne()
    {
        for (var i = 0; i < 1000; i++)
        {
            _queue.Collect("verona.example", Refusal("192.0.2.1"));
        }

        await _queue.WriteCollectedAsync();

        var (log, entries) = Assert.Single(_written);
        Assert.Equal(("verona.example/accesses", 1000), (log, Assert.Single(entries).Count));
    }

    [Fact]
    public async Task Refusals_FromManyAddresses_AreToldWithoutThem_BeyondABound()
    {
        for (var i = 0; i < AuditQueue.FoldedMax * 4; i++)
        {
            _queue.Collect(null, Refusal($"address {i}"));
        }

        await _queue.WriteCollectedAsync();

        var (log, entries) = Assert.Single(_written);
        Assert.Equal(("/accesses", AuditQueue.FoldedMax + 1), (log, entries.Length));
        Assert.Equal((null, AuditQueue.FoldedMax * 3), (entries[^1].From, entries[^1].Count));
    }

    [Fact]
    public async Task Entries_BeyondWhatIsCollected_AreDropped_AndEqualOnesStillCounted()
    {
        for (var i = 0; i < AuditQueue.EntriesMax + 100; i++)
        {
            _queue.Collect($"host{i}.example", Refusal("192.0.2.1"));
        }

        _queue.Collect("host0.example", Refusal("192.0.2.1"));
        await _queue.WriteCollectedAsync();

        Assert.Equal(AuditQueue.EntriesMax, _written.Count(write => !write.Entries.IsEmpty));
        Assert.Equal(2, _written.Single(write => write.Log == "host0.example/accesses").Entries[0].Count);
    }

    [Fact]
    public async Task Entries_ThatALogDidNotTake_AreWrittenLater()
    {
        _answer = () => Task.FromException(new IOException("the disk is full"));
        await _queue.WriteAsync("verona.example", Change());
        _queue.Collect("verona.example", Refusal("192.0.2.1"));
        await _queue.WriteCollectedAsync();
        _written.Clear();

        _answer = () => Task.CompletedTask;
        await _queue.WriteCollectedAsync();
        Assert.Equal(["verona.example/accesses", "verona.example/changes"], _written.Select(write => write.Log).Order(StringComparer.Ordinal));

        _written.Clear();
        await _queue.WriteCollectedAsync();
        Assert.Empty(_written);
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public async Task Change_WhoseLogIsSlow_HoldsUpItsAnswerForAShortTime_AndIsWrittenAgainOnlyIfItFailed(bool fails, int again)
    {
        var writing = new TaskCompletionSource();
        _answer = () => writing.Task;
        var answer = _queue.WriteAsync("verona.example", Change());
        Assert.False(answer.IsCompleted);
        _time.Advance(AuditQueue.WaitMax);
        await answer.WaitAsync(Timeouts.Test);

        _written.Clear();
        _answer = () => Task.CompletedTask;
        if (fails)
        {
            writing.SetException(new IOException("the disk is full"));
        }
        else
        {
            writing.SetResult();
        }

        await _queue.WriteCollectedAsync();
        Assert.Equal(again, _written.Count);
    }

    private static AuditEntry Refusal(string from) => new(AuditKind.Refusal, DateTimeOffset.UnixEpoch, null, from, "GET /x", 401);

    private static AuditEntry Change() => new(AuditKind.Change, DateTimeOffset.UnixEpoch, "provider", null, "PUT /x", 200);

    private sealed class LogDouble(AuditQueueTests test, string key) : IAuditLogGrain
    {
        public Task AppendAsync(ImmutableArray<AuditEntry> entries)
        {
            test._written.Enqueue((key, entries));
            return test._answer();
        }

        public Task<AuditSlice> ReadAsync(AuditQuery query) => throw new NotSupportedException();

        public Task TrimAsync() => throw new NotSupportedException();
    }
}
