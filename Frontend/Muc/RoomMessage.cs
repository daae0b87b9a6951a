using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Routing;
using Krewe.Frontend.Streams;

namespace Krewe.Frontend.Muc;

/// <summary>A message to the room, or to one of its occupants (XEP-0045 §7.4, §7.5, §8.1).</summary>
/// <param name="subject">The subject that it sets; null for any other message.</param>
internal sealed class RoomMessage(IStanzaSender sender, Jid to, MucMessage message, string? subject) : RoomStep
{
    public override async Task RunAsync(RoomVisit visit)
    {
        if (await (subject is null ? visit.Grain.MessageAsync(message) : visit.Grain.SubjectAsync(message, subject)) is { } error)
        {
            Refuse(error);
        }
    }

    public override void Refuse(StanzaError error) => StanzaErrorWriter.Refuse(sender, StanzaKind.Message, message.Type, message.Id, to, error);
}
