using Krewe.Frontend.Streams;
using Krewe.Tests.Support;

namespace Krewe.Tests.Unit.Streams;

public sealed class StreamTurnsTests
{
    [Fact]
    public async Task FirstStanzas_AreFree_AndEachFurtherTurnIsAskedFor()
    {
        var turn = new StreamTurn(new StreamTurns());
        var asked = new List<int>();
        for (var i = 0; i < StreamTurns.FreeFrames + (2 * StreamTurns.FramesInTurn) + 1; i++)
        {
            if (turn.Next("h") is { } mine)
            {
                asked.Add(i);
                await mine.WaitAsync(Timeouts.Test);
            }
        }

        Assert.Equal([StreamTurns.FreeFrames, StreamTurns.FreeFrames + StreamTurns.FramesInTurn, StreamTurns.FreeFrames + (2 * StreamTurns.FramesInTurn)], asked);
    }

    [Fact]
    public async Task WhoWaitsForSomething_HasLeftItsTurnToAnother()
    {
        var turns = new StreamTurns();
        var held = new List<StreamTurn>();
        for (var i = 0; i < Environment.ProcessorCount; i++)
        {
            held.Add(await PiledUpAsync(turns, "loud"));
        }

        var next = PiledUpAsync(turns, "loud");
        var other = PiledUpAsync(turns, "quiet");
        await Task.Delay(50);
        Assert.False(next.IsCompleted || other.IsCompleted);

        var first = held[0];
        first.Leave();
        first.Leave();
        await (await Task.WhenAny(next, other).WaitAsync(Timeouts.Test));
        await Task.Delay(50);
        Assert.False(next.IsCompleted && other.IsCompleted, "a turn that was left twice went to two");

        (await (next.IsCompleted ? next : other)).Leave();
        await Task.WhenAll(next, other).WaitAsync(Timeouts.Test);
    }

    /// <summary>A stream that has read what is free, and one more.</summary>
    private static async Task<StreamTurn> PiledUpAsync(StreamTurns turns, string host)
    {
        var turn = new StreamTurn(turns);
        for (var i = 0; i < StreamTurns.FreeFrames; i++)
        {
            Assert.Null(turn.Next(host));
        }

        await turn.Next(host)!;
        return turn;
    }
}
