using System.Buffers;
using System.IO.Pipelines;

namespace Krewe.Tests.Unit.Http;

/// <summary>A body that comes in given pieces: each read shows one more, each piece a segment of its own.</summary>
internal sealed class PieceReader(IReadOnlyList<ReadOnlyMemory<byte>> pieces) : PipeReader
{
    private int _shown;
    private SequencePosition _start;
    private SequencePosition _end;
    private bool _isAtStart = true;

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        Assert.True(_isAtStart);
        _isAtStart = false;
        _shown = Math.Min(_shown + 1, pieces.Count);
        Segment? first = null, last = null;
        foreach (var piece in pieces.Take(_shown))
        {
            last = new Segment(piece, last);
            first ??= last;
        }

        var buffer = first is null ? ReadOnlySequence<byte>.Empty : new ReadOnlySequence<byte>(first, 0, last!, last!.Memory.Length);
        (_start, _end) = (buffer.Start, buffer.End);
        return new(new ReadResult(buffer, isCanceled: false, isCompleted: _shown == pieces.Count));
    }

    /// <summary>Whoever goes on to read must have consumed nothing, and looked at everything: each read shows all from the start.</summary>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => _isAtStart = consumed.Equals(_start) && examined.Equals(_end);

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override bool TryRead(out ReadResult result) => throw new NotSupportedException();

    public override void CancelPendingRead() => throw new NotSupportedException();

    public override void Complete(Exception? exception = null)
    {
        // Nothing to give back.
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? previous)
        {
            Memory = memory;
            if (previous is not null)
            {
                RunningIndex = previous.RunningIndex + previous.Memory.Length;
                previous.Next = this;
            }
        }
    }
}
