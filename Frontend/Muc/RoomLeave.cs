using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;

namespace Krewe.Frontend.Muc;

/// <summary>A session leaves a room (XEP-0045 §7.14), in its turn behind what it sent before.</summary>
/// <param name="slots">Bounds how many leave at a time, where many do at once; null otherwise.</param>
internal sealed class RoomLeave(RoomVisits visits, MucLeave leave, SemaphoreSlim? slots) : RoomStep
{
    public override async Task RunAsync(RoomVisit visit)
    {
        lock (visits.Gate)
        {
            if (!visit.IsInside)
            {
                return;
            }
        }

        if (slots is not null)
        {
            await slots.WaitAsync();
        }

        try
        {
            await visit.Grain.LeaveAsync(leave);
        }
        finally
        {
            slots?.Release();
        }

        lock (visits.Gate)
        {
            visit.IsInside = false;
        }
    }

    /// <summary>Nothing answers unavailable presence.</summary>
    public override void Refuse(StanzaError error)
    {
    }
}
