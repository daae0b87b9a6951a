using Krewe.Contracts.Hosting;

namespace Krewe.Frontend.Streams;

/// <summary>
/// The order in which streams are read that bring more than a few stanzas at once. As many are read at a time as there are processors, and of the others that wait, one of each host in turn: so
/// whoever brings a single stanza stands behind no more than these few, however many streams of whatever host have piled up theirs.
/// </summary>
internal sealed class StreamTurns
{
    /// <summary>Read at once, as it comes: what a client that is not in a hurry sends together.</summary>
    public const int FreeFrames = 4;

    /// <summary>Read in one turn: some hundred microseconds' work, against which the turn itself costs next to nothing.</summary>
    public const int FramesInTurn = 16;

    private readonly HostTurns _turns = new(Environment.ProcessorCount);

    public async Task EnterAsync(string host)
    {
        // Even where nobody else waits for a turn: who brings a few stanzas waits for a thread, and this may be the one that serves everybody's sockets.
        await Task.Yield();
        if (_turns.Enter(host) is { } turn)
        {
            await turn;
        }
    }

    public void Leave() => _turns.Leave();
}

/// <summary>What one stream has read of what lies before it.</summary>
internal struct StreamTurn(StreamTurns turns)
{
    private int _frames;
    private int _left;
    private bool _isHeld;

    /// <summary>To be called before each stanza; unless null, done when it may be handled.</summary>
    public Task? Next(string host)
    {
        if (++_frames <= StreamTurns.FreeFrames || (_isHeld && --_left > 0))
        {
            return null;
        }

        _left = StreamTurns.FramesInTurn;
        Leave();
        _isHeld = true;
        return turns.EnterAsync(host);
    }

    /// <summary>To be called before anything is waited for, and at the end: others may read meanwhile.</summary>
    public void Leave()
    {
        if (_isHeld)
        {
            _isHeld = false;
            turns.Leave();
        }
    }
}
