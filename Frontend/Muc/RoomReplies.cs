using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Delivery;
using Krewe.Frontend.Routing;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Muc;

/// <summary>Writes to a client's stream what became of its entries.</summary>
internal sealed class RoomReplies(IStanzaSender sender) : IRoomReplies
{
    public void RefuseEntry(RoomPresence presence, StanzaError error)
    {
        sender.CountRefusal(StanzaErrorWriter.WireName(error.Condition));
        var output = ReplyBuffer.Rent();
        var xml = new XmppWriter(output);
        xml.Raw("<presence"u8);
        xml.AttributeRaw("to"u8, sender.FromFull);
        xml.Attribute("from"u8, presence.To.ToString());
        xml.Raw(" type='error'"u8);
        if (presence.Presence.Id is { } id)
        {
            xml.Attribute("id"u8, id);
        }

        xml.Raw(presence.Presence.IsJoin ? "><x xmlns='http://jabber.org/protocol/muc'/>"u8 : ">"u8);
        StanzaErrorWriter.WriteError(ref xml, error, presence.To.Bare);
        xml.Raw("</presence>"u8);
        sender.Enqueue(output.WrittenSpan);
    }

    public Task WhenReadyAsync() => (sender as ISession)?.Queue.WhenMostlyOutAsync() ?? Task.CompletedTask;

    public void Failed(Exception exception) => sender.LogFailure(exception);
}
