using System.IO.Pipelines;
using System.Text;

namespace Krewe.Tests.Unit.Streams;

/// <summary>A transport of which a test says when each flush is done, and what it comes to.</summary>
internal sealed class HeldPipeWriter : PipeWriter
{
    private readonly List<string> _flushed = [];
    private readonly List<byte> _written = [];
    private TaskCompletionSource<FlushResult>? _held;
    private byte[] _memory = [];

    /// <summary>The bytes of each flush so far.</summary>
    public IReadOnlyList<string> Flushed
    {
        get
        {
            lock (_flushed)
            {
                return [.. _flushed];
            }
        }
    }

    /// <summary>From now on a flush waits for <see cref="Release"/>.</summary>
    public bool IsHeld { get; set; }

    /// <summary>The flush that is under way is done; its continuation runs before this returns.</summary>
    public void Release(bool isCompleted = false) => Take().SetResult(new FlushResult(isCanceled: false, isCompleted));

    public void Fail(Exception error) => Take().SetException(error);

    public override void Advance(int bytes) => _written.AddRange(_memory.AsSpan(0, bytes));

    public override Memory<byte> GetMemory(int sizeHint = 0) => _memory = new byte[Math.Max(sizeHint, 4096)];

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        lock (_flushed)
        {
            _flushed.Add(Encoding.UTF8.GetString([.. _written]));
        }

        _written.Clear();
        if (!IsHeld)
        {
            return new(new FlushResult(isCanceled: false, isCompleted: false));
        }

        Assert.Null(_held);
        return new((_held = new()).Task);
    }

    public override void CancelPendingFlush() => throw new NotSupportedException();

    public override void Complete(Exception? exception = null) => throw new NotSupportedException();

    private TaskCompletionSource<FlushResult> Take()
    {
        var held = Assert.IsType<TaskCompletionSource<FlushResult>>(_held);
        _held = null;
        return held;
    }
}
