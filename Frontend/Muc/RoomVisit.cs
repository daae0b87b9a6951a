using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;

namespace Krewe.Frontend.Muc;

/// <summary>One session's dealings with one room: what is under way, and what waits behind it. Guarded by the lock of <see cref="RoomVisits"/>.</summary>
internal sealed class RoomVisit(Jid room, IMucRoomGrain grain)
{
    private TaskCompletionSource? _progress;

    public Jid Room => room;

    public IMucRoomGrain Grain => grain;

    /// <summary>What is being done.</summary>
    public RoomStep? Running { get; set; }

    /// <summary>What waits, in the order of its sending.</summary>
    public LinkedList<RoomStep> Waiting { get; } = new();

    /// <summary>Somebody works off what waits; then this is done when nothing is left.</summary>
    public Task Work { get; set; } = Task.CompletedTask;

    /// <summary>Whether somebody does.</summary>
    public bool IsAtWork { get; private set; }

    /// <summary>The tenant's service is being asked: nobody can say how long that takes.</summary>
    public bool IsDeciding { get; set; }

    /// <summary>The room has the session, as far as is known here; also when a call's outcome is not known.</summary>
    public bool IsInside { get; set; }

    /// <summary>Done when something changes that lets a sender who waits look again.</summary>
    public Task Progress => (_progress ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>The entry that was sent last, while its outcome is open.</summary>
    public RoomEntry? LastEntry
    {
        get
        {
            for (var waiting = Waiting.Last; waiting is not null; waiting = waiting.Previous)
            {
                if (waiting.Value is RoomEntry entry)
                {
                    return entry;
                }
            }

            return Running is RoomEntry { IsOver: false } running ? running : null;
        }
    }

    /// <summary>Whether the caller is to begin: nobody has.</summary>
    public bool BeginWork()
    {
        var isFirst = !IsAtWork;
        IsAtWork = true;
        return isFirst;
    }

    /// <summary>What is to be done next; without anything the work is over.</summary>
    public RoomStep? TakeNext()
    {
        NoteProgress();
        Running = Waiting.First?.Value;
        if (Running is null)
        {
            IsAtWork = false;
        }
        else
        {
            Waiting.RemoveFirst();
        }

        return Running;
    }

    public void NoteProgress()
    {
        _progress?.SetResult();
        _progress = null;
    }

    /// <summary>
    /// Its sender leaves: the first entry whose outcome is open is cancelled, and everything that was sent behind it comes back, to be answered. What was sent
    /// before it stays.
    /// </summary>
    public IReadOnlyList<RoomStep> CancelEntries()
    {
        var cancelled = Running as RoomEntry;
        var first = Waiting.First;
        if (cancelled is { IsOver: false })
        {
            cancelled.Cancel();
        }
        else
        {
            while (first is not null && first.Value is not RoomEntry)
            {
                first = first.Next;
            }
        }

        var behind = new List<RoomStep>();
        while (first is not null)
        {
            var next = first.Next;
            (first.Value as RoomEntry)?.Cancel();
            behind.Add(first.Value);
            Waiting.Remove(first);
            first = next;
        }

        return behind;
    }
}
