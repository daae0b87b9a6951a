using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Iq;
using Krewe.Frontend.Routing;
using Krewe.Frontend.Streams;

namespace Krewe.Frontend.Muc;

/// <summary>An IQ to an occupant, passed on by the room, or what an occupant answers (XEP-0045 §17.4).</summary>
internal sealed class RoomIq(IStanzaSender sender, Jid to, MucIq iq) : RoomStep
{
    public override async Task RunAsync(RoomVisit visit)
    {
        var result = await visit.Grain.IqAsync(iq);
        if (result.Error is { } error)
        {
            Refuse(error);
        }
        else if (result.IsAnswered)
        {
            new IqRequest(sender, iq.Type, iq.Id, to, IqTarget.Room, []).Confirm();
        }
    }

    public override void Refuse(StanzaError error) => StanzaErrorWriter.Refuse(sender, StanzaKind.Iq, iq.Type, iq.Id, to, error);
}
