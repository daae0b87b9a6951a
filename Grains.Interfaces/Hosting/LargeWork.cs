namespace Krewe.Contracts.Hosting;

/// <summary>
/// Work that holds a thread for milliseconds, such as to read a document of five thousand contacts. All that a process does shares a few threads, which take what is to do in the order in which
/// it came: fifty of these at once, and everybody else waits for all fifty. So no more of it goes on at a time than leaves half of the processors to the others, and hosts take turns.
/// </summary>
public sealed class LargeWork
{
    /// <summary>What takes half a millisecond or more: bytes of a document to be read.</summary>
    public const int BytesMin = 32 * 1024;

    /// <summary>The same in contacts to be written.</summary>
    public const int ContactsMin = 500;

    private readonly HostTurns _turns = new(Math.Max(1, Environment.ProcessorCount / 2));

    /// <summary>Does it when it is the host's turn, in the caller's context.</summary>
    public async ValueTask<T> RunAsync<T>(string host, Func<T> work)
    {
        // The caller may be the thread that serves everybody's sockets.
        await Task.Yield();
        if (_turns.Enter(host) is { } turn)
        {
            await turn;
        }

        try
        {
            return work();
        }
        finally
        {
            _turns.Leave();
        }
    }

    /// <inheritdoc cref="RunAsync{T}"/>
    public async ValueTask RunAsync(string host, Action work) => await RunAsync(
        host,
        () =>
        {
            work();
            return true;
        });
}
