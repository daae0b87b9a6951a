using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;
using Krewe.Frontend.Streams;
using Krewe.Tests.Support;

namespace Krewe.Tests.Unit.Streams;

/// <summary>What waits for one stream: bounded, in order, one flush for all that waits, and never at the sender's cost.</summary>
public sealed class OutboundQueueTests
{
    private static readonly byte[] Kilobyte = new byte[1024];

    [Fact]
    public void WhatWaits_GoesOutInOneFlush()
    {
        var transport = new HeldPipeWriter { IsHeld = true };
        var queue = new OutboundQueue(transport);

        foreach (var text in new[] { "a", "b", "c", "d" })
        {
            Assert.True(queue.TryEnqueue(Encoding.UTF8.GetBytes(text)));
        }

        Assert.Equal(["a"], transport.Flushed);
        transport.Release();
        Assert.Equal(["a", "bcd"], transport.Flushed);
        transport.Release();
        Assert.Equal(["a", "bcd"], transport.Flushed);
    }

    [Fact]
    public void Corked_WaitsUntilItIsNot()
    {
        var transport = new HeldPipeWriter();
        var queue = new OutboundQueue(transport);

        queue.Cork();
        Assert.True(queue.TryEnqueue("a"u8));
        Assert.True(queue.TryHold("b"u8, default, default, out var isFlushDue));
        Assert.False(isFlushDue);
        queue.Flush();
        Assert.Empty(transport.Flushed);
        queue.Uncork();
        queue.Uncork();
        Assert.True(queue.TryEnqueue("c"u8));

        Assert.Equal(["ab", "c"], transport.Flushed);
    }

    [Fact]
    public async Task WhenMostlyOut_WaitsOnlyForMuch()
    {
        var transport = new HeldPipeWriter { IsHeld = true };
        var queue = new OutboundQueue(transport, waitingBytesMax: 400);
        Assert.True(queue.TryEnqueue("a"u8));
        Assert.True(queue.TryEnqueue(new byte[100]));
        Assert.True(queue.WhenMostlyOutAsync().IsCompleted);
        Assert.True(queue.TryEnqueue("b"u8));

        var mostlyOut = queue.WhenMostlyOutAsync();

        Assert.False(mostlyOut.IsCompleted);
        transport.Release();
        transport.Release();
        await mostlyOut.WaitAsync(Timeouts.Test);
    }

    [Fact]
    public void Corked_AtTheEnd_IsWritten()
    {
        var transport = new HeldPipeWriter();
        var queue = new OutboundQueue(transport);

        queue.Cork();
        Assert.True(queue.TryEnqueue("a"u8));

        Assert.True(queue.CloseAsync().IsCompleted);
        Assert.Equal(["a"], transport.Flushed);
    }

    [Fact]
    public void Parts_AreOneElement()
    {
        var transport = new HeldPipeWriter();
        var queue = new OutboundQueue(transport);

        Assert.True(queue.TryEnqueue("<a"u8, " b='c'"u8, "/>"u8));
        Assert.True(queue.TryEnqueue("<d>"u8, "</d>"u8));

        Assert.Equal(["<a b='c'/>", "<d></d>"], transport.Flushed);
    }

    /// <summary>RFC 7395 §3.3.3: each element a document, with what the stream's header would have declared.</summary>
    [Theory]
    [InlineData("<message to='a'><body>b</body></message>", "<message xmlns='jabber:client' to='a'><body>b</body></message>")]
    [InlineData("<presence/>", "<presence xmlns='jabber:client'/>")]
    [InlineData("<iq><a xmlns='b'/></iq>", "<iq xmlns='jabber:client'><a xmlns='b'/></iq>")]
    [InlineData("<stream:features/>", "<stream:features xmlns:stream='http://etherx.jabber.org/streams'/>")]
    [InlineData("<stream:error><a xmlns='b'/></stream:error>", "<stream:error xmlns:stream='http://etherx.jabber.org/streams'><a xmlns='b'/></stream:error>")]
    [InlineData("<success xmlns='c'/>", "<success xmlns='c'/>")]
    [InlineData("<proceed xmlns='c'/>", "<proceed xmlns='c'/>")]
    [InlineData("<r xmlns='c'/>", "<r xmlns='c'/>")]
    public void Framed_EachElementStandsAlone(string element, string message)
    {
        var transport = new HeldPipeWriter();
        var queue = new OutboundQueue(transport, isFramed: true);

        Assert.True(queue.TryEnqueue(Encoding.UTF8.GetBytes(element)));

        // What stands for the end of a message is no UTF-8.
        Assert.Equal([$"{message}\uFFFD"], transport.Flushed);
    }

    [Fact]
    public void Framed_PartsAreOneMessage_AndNothingIsNone()
    {
        var transport = new HeldPipeWriter { IsHeld = true };
        var queue = new OutboundQueue(transport, isFramed: true);

        Assert.True(queue.TryEnqueue("<r xmlns='c'/>"u8));
        Assert.True(queue.TryEnqueue("<message to='a'"u8, " from='b'"u8, "/>"u8));
        Assert.True(queue.TryEnqueue(default));
        Assert.True(queue.TryEnqueue(Encoding.UTF8.GetBytes($"<iq>{new string('x', 5000)}</iq>")));
        transport.Release();

        Assert.Equal(
            ["<r xmlns='c'/>\uFFFD", $"<message xmlns='jabber:client' to='a' from='b'/>\uFFFD<iq xmlns='jabber:client'>{new string('x', 5000)}</iq>\uFFFD"], transport.Flushed);
    }

    [Fact]
    public void WhatIsHeld_GoesOutAtTheFlush_OrWithWhatComesNext()
    {
        var transport = new HeldPipeWriter();
        var queue = new OutboundQueue(transport);

        Assert.True(queue.TryHold("a"u8, default, default, out var isFirstDue));
        Assert.True(queue.TryHold("b"u8, "c"u8, "d"u8, out var isSecondDue));
        Assert.Empty(transport.Flushed);
        Assert.Equal((true, false), (isFirstDue, isSecondDue));

        queue.Flush();
        queue.Flush();
        Assert.Equal(["abcd"], transport.Flushed);

        Assert.True(queue.TryHold("e"u8, default, default, out isFirstDue));
        Assert.True(isFirstDue);
        Assert.True(queue.TryEnqueue("f"u8));
        Assert.Equal(["abcd", "ef"], transport.Flushed);
    }

    [Fact]
    public void WhatIsHeld_BehindAFlushUnderWay_IsWrittenByThatOne()
    {
        var transport = new HeldPipeWriter { IsHeld = true };
        var queue = new OutboundQueue(transport);

        Assert.True(queue.TryEnqueue("a"u8));
        Assert.True(queue.TryHold("b"u8, default, default, out var isDue));

        Assert.False(isDue);
        transport.Release();
        Assert.Equal(["a", "b"], transport.Flushed);
    }

    [Fact]
    public void WhatIsHeld_IsBounded()
    {
        var transport = new HeldPipeWriter();
        var queue = new OutboundQueue(transport);
        var big = new byte[64 * 1024];

        Assert.True(queue.TryHold("a"u8, default, default, out _));
        Assert.True(queue.TryHold(big, default, default, out var isDue));

        Assert.False(isDue);
        Assert.Equal(big.Length + 1, Assert.Single(transport.Flushed).Length);
    }

    [Fact]
    public void Sender_IsNeverHeldUpByASlowReader()
    {
        // The peer reads nothing at all, and yet every call comes back: with true while there is room, and then with false.
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 16, resumeWriterThreshold: 8, useSynchronizationContext: false));
        var queue = new OutboundQueue(pipe.Writer);

        var accepted = 0;
        while (queue.TryEnqueue(Kilobyte))
        {
            accepted++;
            Assert.True(accepted <= 2 * OutboundQueue.WaitingBytesMax / Kilobyte.Length, "no bound");
        }

        // The first went to the transport; one may cross the bound.
        Assert.Equal(OutboundQueue.WaitingBytesMax / Kilobyte.Length + 2, accepted);
        Assert.InRange(queue.WaitingBytes, OutboundQueue.WaitingBytesMax, OutboundQueue.WaitingBytesMax + Kilobyte.Length);
    }

    [Fact]
    public async Task Refused_IsNotAppended_AndWhatWasAcceptedComesWhole()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 16, resumeWriterThreshold: 8, useSynchronizationContext: false));
        var queue = new OutboundQueue(pipe.Writer);
        var expected = new StringBuilder();
        for (var i = 0; ; i++)
        {
            var element = $"<e n='{i}'>{new string('x', 500)}</e>";
            if (!queue.TryEnqueue(Encoding.UTF8.GetBytes(element)))
            {
                break;
            }

            expected.Append(element);
        }

        var closed = queue.CloseAsync();
        var read = await ReadAsync(pipe.Reader, expected.Length);
        await closed.WaitAsync(Timeouts.Test);

        Assert.Equal(expected.ToString(), read);
        Assert.False(pipe.Reader.TryRead(out var rest) && rest.Buffer.Length > 0);
    }

    [Fact]
    public void OneBigThing_IsLetInWhileTheBoundIsNotReached()
    {
        var transport = new HeldPipeWriter { IsHeld = true };
        var queue = new OutboundQueue(transport);
        Assert.True(queue.TryEnqueue("first"u8));

        Assert.True(queue.TryEnqueue(new byte[3 * OutboundQueue.WaitingBytesMax]));
        Assert.False(queue.TryEnqueue("x"u8));

        // Once it is with the transport, there is room again.
        transport.Release();
        Assert.True(queue.TryEnqueue("x"u8));
    }

    [Fact]
    public async Task ConcurrentWriters_KeepTheirOrder_AndNoElementIsTorn()
    {
        const int Writers = 8, Each = 2000;
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 4096, resumeWriterThreshold: 2048, useSynchronizationContext: false));
        var queue = new OutboundQueue(pipe.Writer);
        var writing = Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() =>
        {
            for (var i = 0; i < Each; i++)
            {
                Assert.True(queue.TryEnqueue(
                    Encoding.ASCII.GetBytes($"<{writer}"), Encoding.ASCII.GetBytes($":{i.ToString("D6", CultureInfo.InvariantCulture)}"), ">"u8));
            }
        })));

        var text = await ReadAsync(pipe.Reader, Writers * Each * "<0:000000>".Length);
        await writing.WaitAsync(Timeouts.Test);

        var next = new int[Writers];
        foreach (var element in text.Split('>', StringSplitOptions.RemoveEmptyEntries))
        {
            Assert.Equal('<', element[0]);
            var writer = element[1] - '0';
            Assert.Equal(next[writer]++, int.Parse(element.AsSpan(3), CultureInfo.InvariantCulture));
        }

        Assert.All(next, count => Assert.Equal(Each, count));
    }

    [Fact]
    public async Task Close_OfAnEmptyQueue_IsDoneAtOnce_AndTakesNothingMore()
    {
        var transport = new HeldPipeWriter();
        var queue = new OutboundQueue(transport);

        Assert.True(queue.CloseAsync().IsCompletedSuccessfully);
        Assert.False(queue.TryEnqueue("x"u8));
        Assert.Empty(transport.Flushed);
        await queue.CloseAsync();
    }

    [Fact]
    public async Task Close_IsDoneWhenEverythingBeforeItIsOut()
    {
        var transport = new HeldPipeWriter { IsHeld = true };
        var queue = new OutboundQueue(transport);
        queue.TryEnqueue("a"u8);
        queue.TryEnqueue("b"u8);

        var closed = queue.CloseAsync();
        Assert.False(queue.TryEnqueue("c"u8));
        transport.Release();
        Assert.False(closed.IsCompleted);
        transport.Release();

        await closed.WaitAsync(Timeouts.Test);
        Assert.Equal(["a", "b"], transport.Flushed);
    }

    [Fact]
    public async Task WhenDrained_IsDoneWhenNothingWaits_AndTheQueueGoesOn()
    {
        var transport = new HeldPipeWriter { IsHeld = true };
        var queue = new OutboundQueue(transport);
        Assert.True(queue.WhenDrainedAsync().IsCompletedSuccessfully);
        queue.TryEnqueue("a"u8);

        var drained = queue.WhenDrainedAsync();
        Assert.False(drained.IsCompleted);
        transport.Release();
        await drained.WaitAsync(Timeouts.Test);

        // As TLS is put under the stream.
        var tls = new HeldPipeWriter();
        queue.Output = tls;
        Assert.True(queue.TryEnqueue("b"u8));
        Assert.Equal(["a"], transport.Flushed);
        Assert.Equal(["b"], tls.Flushed);
    }

    [Fact]
    public async Task PeerThatIsGone_EndsTheQueue()
    {
        var pipe = new Pipe();
        var queue = new OutboundQueue(pipe.Writer);
        await pipe.Reader.CompleteAsync();

        queue.TryEnqueue("a"u8);

        Assert.False(queue.TryEnqueue("b"u8));
        await queue.CloseAsync().WaitAsync(Timeouts.Test);
        await queue.WhenDrainedAsync().WaitAsync(Timeouts.Test);
    }

    [Fact]
    public async Task PeerThatGoesWhileAFlushWaits_EndsTheQueue_AndWhoeverWaits()
    {
        var transport = new HeldPipeWriter { IsHeld = true };
        var queue = new OutboundQueue(transport);
        queue.TryEnqueue("a"u8);
        queue.TryEnqueue("b"u8);
        var closed = queue.CloseAsync();

        transport.Release(isCompleted: true);

        await closed.WaitAsync(Timeouts.Test);
        Assert.False(queue.TryEnqueue("c"u8));
        Assert.Equal(["a"], transport.Flushed);
        Assert.Equal(0, queue.WaitingBytes);
    }

    /// <summary>What a socket transport ends its side of the pipe with, when the peer was reset, aborted, or lost without a word.</summary>
    public static TheoryData<Exception> Failures => [new IOException("reset"), new OperationCanceledException("aborted"), new SocketException((int)SocketError.TimedOut)];

    [Theory]
    [MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public async Task TransportThatFailed_EndsTheQueue_AndNotTheSender(Exception error)
    {
        var pipe = new Pipe();
        var queue = new OutboundQueue(pipe.Writer);
        await pipe.Reader.CompleteAsync(error);

        Assert.Null(Record.Exception(() => queue.TryEnqueue("a"u8)));

        Assert.False(queue.TryEnqueue("b"u8));
        await queue.CloseAsync().WaitAsync(Timeouts.Test);
    }

    [Theory]
    [MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public async Task TransportThatFailsWhileAFlushWaits_EndsTheQueue(Exception error)
    {
        var transport = new HeldPipeWriter { IsHeld = true };
        var queue = new OutboundQueue(transport);
        queue.TryEnqueue("a"u8);
        var closed = queue.CloseAsync();

        transport.Fail(error);

        await closed.WaitAsync(Timeouts.Test);
        Assert.False(queue.TryEnqueue("b"u8));
    }

    private static async Task<string> ReadAsync(PipeReader reader, int length)
    {
        var text = new StringBuilder();
        while (text.Length < length)
        {
            var result = await reader.ReadAsync().AsTask().WaitAsync(Timeouts.Test);
            text.Append(Encoding.ASCII.GetString(result.Buffer));
            reader.AdvanceTo(result.Buffer.End);
        }

        return text.ToString();
    }
}
