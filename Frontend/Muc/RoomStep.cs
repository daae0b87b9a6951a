using Krewe.Contracts.Stanzas;

namespace Krewe.Frontend.Muc;

/// <summary>Something that a session asks of a room, and how to say that it could not be done.</summary>
internal abstract class RoomStep
{
    public abstract Task RunAsync(RoomVisit visit);

    /// <summary>Tells the sender; where nobody waits for an answer, nobody.</summary>
    public abstract void Refuse(StanzaError error);
}

/// <summary>Whom the visits of a session tell what became of them.</summary>
internal interface IRoomReplies
{
    /// <summary>XEP-0045 §7.2.5 to §7.2.10.</summary>
    void RefuseEntry(RoomPresence presence, StanzaError error);

    /// <summary>Done when most of what was sent to the session is out, so that a large room's answer to an entry finds room; or after a while.</summary>
    Task WhenReadyAsync();

    /// <summary>A bug, for the log.</summary>
    void Failed(Exception exception);
}
