using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Iq;
using Krewe.Frontend.Routing;
using Krewe.Frontend.Streams;

namespace Krewe.Frontend.Muc;

/// <summary>An IQ to an occupant, passed on by the room, or what an occupant answers (XEP-0045 §17.4).</summary>
/// <param name="isDisco">Service discovery, which those who are not in the room are told off for in its own way (XEP-0045 §6.6).</param>
internal sealed class RoomIq(C2SStream stream, Jid to, MucIq iq, bool isDisco) : RoomStep
{
    public override async Task RunAsync(RoomVisit visit)
    {
        var result = await visit.Grain.IqAsync(iq);
        if (result.Error is { } error)
        {
            Refuse(isDisco && error.Condition == StanzaErrorCondition.NotAcceptable ? StanzaError.BadRequest : error);
        }
        else if (result.IsAnswered)
        {
            new IqRequest(stream, iq.Type, iq.Id, to, IqTarget.Room, []).Confirm();
        }
    }

    public override void Refuse(StanzaError error) => StanzaErrorWriter.Refuse(stream, StanzaKind.Iq, iq.Type, iq.Id, to, error);
}
