using Krewe.Contracts.Addressing;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Routing;
using Krewe.Frontend.Streams;

namespace Krewe.Frontend.Muc;

/// <summary>A message by which a session asks the room itself for something: to invite somebody, or for voice.</summary>
/// <param name="run">The result is what is wrong with it.</param>
internal sealed class RoomErrand(IStanzaSender sender, Jid to, StanzaType type, string? id, Func<RoomVisit, Task<StanzaError?>> run) : RoomStep
{
    public override async Task RunAsync(RoomVisit visit)
    {
        if (await run(visit) is { } error)
        {
            Refuse(error);
        }
    }

    public override void Refuse(StanzaError error) => StanzaErrorWriter.Refuse(sender, StanzaKind.Message, type, id, to, error);
}
