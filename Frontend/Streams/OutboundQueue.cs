using System.Buffers;
using System.IO.Pipelines;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Streams;

/// <summary>
/// What waits to be written to one stream. Anybody may append; whoever finds nobody writing becomes the one writer and drains what is there, many
/// stanzas for each flush. The bytes that wait are bounded: a peer that reads too slowly loses its stream, not our memory.
/// </summary>
/// <param name="output">The transport.</param>
/// <param name="isFramed">Whether each element goes out as a message of its own (RFC 7395 §3.3): with its namespace, and <see cref="Tokens.MessageEnd"/> behind it.</param>
/// <param name="waitingBytesMax">What may wait before the peer counts as too slow.</param>
internal sealed class OutboundQueue(PipeWriter output, bool isFramed = false, int waitingBytesMax = OutboundQueue.WaitingBytesMax)
{
    /// <summary>
    /// What may wait before a client's stream counts as too slow. One larger thing, such as a big roster, is let in while less than this waits.
    /// Some seconds of a fast room; a phone on a bad link that lags further behind is better served by a new stream.
    /// </summary>
    public const int WaitingBytesMax = 1024 * 1024;

    private static readonly TimeSpan PatienceMax = TimeSpan.FromSeconds(20);

    private const int BufferBytesMin = 512;
    private const int MessageEndBytes = 1;

    /// <summary>How much may be held back for one flush: what a socket takes at once.</summary>
    private const int HeldBytesMax = 64 * 1024;

    private readonly Lock _gate = new();
    private byte[] _buffer = [];
    private int _length;
    private bool _isDraining;
    private bool _isHeld;
    private bool _isCorked;
    private bool _isClosed;
    private TaskCompletionSource? _drained;

    /// <summary>Several elements that are appended as one have <see cref="Tokens.MessageEnd"/> between them, and are each complete but the first.</summary>
    public bool IsFramed => isFramed;

    /// <summary>The transport; replaced once, when TLS is put under the stream and nothing waits.</summary>
    public PipeWriter Output { get; set; } = output;

    /// <summary>False once the stream is closed or its transport failed.</summary>
    public bool IsOpen => !Volatile.Read(ref _isClosed);

    public int WaitingBytes => Volatile.Read(ref _length);

    /// <summary>Appends one element, or several that belong together, in up to three parts. False when the stream is closed or its peer too slow: nothing was appended.</summary>
    public bool TryEnqueue(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second = default, ReadOnlySpan<byte> third = default)
    {
        lock (_gate)
        {
            if (!TryAppend(first, second, third))
            {
                return false;
            }

            if (_isDraining || _isCorked)
            {
                return true;
            }

            _isDraining = true;
        }

        Drain();
        return true;
    }

    /// <summary>
    /// The same, for somebody who has more for this stream at once: it is written with what comes next, or at <see cref="Flush"/>.
    /// </summary>
    /// <param name="isFlushDue">True when nobody else will write it, and nothing appended before has asked for a flush.</param>
    public bool TryHold(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third, out bool isFlushDue)
    {
        lock (_gate)
        {
            isFlushDue = false;
            if (!TryAppend(first, second, third))
            {
                return false;
            }

            if (_isDraining || _isCorked)
            {
                return true;
            }

            if (_length < HeldBytesMax)
            {
                isFlushDue = !_isHeld;
                _isHeld = true;
                return true;
            }

            _isDraining = true;
        }

        Drain();
        return true;
    }

    /// <summary>Writes what <see cref="TryHold"/> left waiting.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            _isHeld = false;
            if (_isDraining || _isCorked || _length == 0)
            {
                return;
            }

            _isDraining = true;
        }

        Drain();
    }

    /// <summary>What is appended from here on waits for <see cref="Uncork"/>, unless something before it is being written still.</summary>
    public void Cork()
    {
        lock (_gate)
        {
            _isCorked = true;
        }
    }

    /// <summary>Writes what waited; nothing when nothing does.</summary>
    public void Uncork()
    {
        lock (_gate)
        {
            _isCorked = false;
        }

        Flush();
    }

    /// <summary>Called with the gate held.</summary>
    private bool TryAppend(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third)
    {
        if (_isClosed || _length > waitingBytesMax)
        {
            return false;
        }

        if (first.Length + second.Length + third.Length == 0)
        {
            // What holds nothing is no message either.
            return true;
        }

        if (isFramed)
        {
            BeginMessage(ref first);
        }

        var added = first.Length + second.Length + third.Length;
        if (_buffer.Length - _length < added + MessageEndBytes)
        {
            Grow(_length + added + MessageEndBytes);
        }

        first.CopyTo(_buffer.AsSpan(_length));
        second.CopyTo(_buffer.AsSpan(_length + first.Length));
        third.CopyTo(_buffer.AsSpan(_length + first.Length + second.Length));
        _length += added;
        if (isFramed)
        {
            _buffer[_length++] = Tokens.MessageEnd[0];
        }

        return true;
    }

    /// <summary>Nothing is appended from here on; done when everything before was handed to the transport, or the transport failed.</summary>
    public Task CloseAsync()
    {
        Uncork();
        lock (_gate)
        {
            _isClosed = true;
            return _isDraining ? (_drained ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task : Task.CompletedTask;
        }
    }

    /// <summary>
    /// Done at once while little waits, else when nothing does, or after <see cref="PatienceMax"/>: for somebody who has much to bring and can wait. What others bring meanwhile
    /// is none of its business.
    /// </summary>
    public Task WhenMostlyOutAsync() => WaitingBytes <= waitingBytesMax / 4
        ? Task.CompletedTask
        : WhenDrainedAsync().WaitAsync(PatienceMax).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);

    /// <summary>Done when nothing waits; for the moment before TLS is put under the stream.</summary>
    public Task WhenDrainedAsync()
    {
        lock (_gate)
        {
            return _isDraining ? (_drained ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task : Task.CompletedTask;
        }
    }

    // The name, and the declaration that belongs behind it, are written; the rest remains.
    private void BeginMessage(ref ReadOnlySpan<byte> element)
    {
        var declaration = StandaloneElement.MissingDeclaration(element, out var nameEnd);
        if (_buffer.Length - _length < nameEnd + declaration.Length)
        {
            Grow(_length + nameEnd + declaration.Length);
        }

        element[..nameEnd].CopyTo(_buffer.AsSpan(_length));
        declaration.CopyTo(_buffer.AsSpan(_length + nameEnd));
        _length += nameEnd + declaration.Length;
        element = element[nameEnd..];
    }

    private void Drain()
    {
        while (TakeWaiting(out var buffer, out var length))
        {
            ValueTask<FlushResult> flush;
            try
            {
                Output.Write(buffer.AsSpan(0, length));
                ArrayPool<byte>.Shared.Return(buffer);
                flush = Output.FlushAsync();
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // However a transport fails, it is this stream's end, and never its sender's.
                Fail();
                return;
            }

            if (!flush.IsCompletedSuccessfully)
            {
                _ = DrainSlowlyAsync(flush);
                return;
            }

            if (flush.Result.IsCompleted)
            {
                Fail();
                return;
            }
        }
    }

    /// <summary>The transport pushes back: wait for it here, so that no sender does.</summary>
    private async Task DrainSlowlyAsync(ValueTask<FlushResult> flush)
    {
        try
        {
            if ((await flush).IsCompleted)
            {
                Fail();
                return;
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Fail();
            return;
        }

        Drain();
    }

    private bool TakeWaiting(out byte[] buffer, out int length)
    {
        TaskCompletionSource? drained;
        lock (_gate)
        {
            (buffer, length) = (_buffer, _length);
            (_buffer, _length) = ([], 0);
            if (length > 0)
            {
                return true;
            }

            _isDraining = false;
            (drained, _drained) = (_drained, null);
        }

        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        drained?.SetResult();
        return false;
    }

    private void Fail()
    {
        TaskCompletionSource? drained;
        lock (_gate)
        {
            _isClosed = true;
            _isDraining = false;
            _length = 0;
            (drained, _drained) = (_drained, null);
        }

        drained?.SetResult();
    }

    private void Grow(int needed)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, BufferBytesMin));
        _buffer.AsSpan(0, _length).CopyTo(larger);
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        _buffer = larger;
    }
}
