using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Iq;
using Krewe.Frontend.Muc.Iq;
using Krewe.Frontend.Routing;

namespace Krewe.Frontend.Muc;

/// <summary>An IQ that a room service or a room answers itself. It is begun in its turn; nothing waits for its answer, however slow the room is.</summary>
internal sealed class RoomRequest(RoomVisits visits, IIqHandler handler, IqRequest request) : RoomStep
{
    /// <summary>Whether what was sent to the room before has to be there first. Whoever only looks from outside need not wait for an entry.</summary>
    public bool IsInOrder => request.Target == IqTarget.Room && handler is MucIqHandler { IsInOrder: true };

    public override Task RunAsync(RoomVisit visit)
    {
        Begin();
        return Task.CompletedTask;
    }

    public void Begin()
    {
        if (visits.TryBeginRequest())
        {
            _ = AnswerAsync();
        }
        else
        {
            Refuse(StanzaError.ResourceConstraint);
        }
    }

    public override void Refuse(StanzaError error) => request.Refuse(error);

    private async Task AnswerAsync()
    {
        try
        {
            await IqRouter.AnswerAsync(handler, request);
        }
        finally
        {
            visits.EndRequest();
        }
    }
}
