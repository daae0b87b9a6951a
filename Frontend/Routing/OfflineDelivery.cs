using System.Buffers;
using System.Globalization;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Routing;

/// <summary>XEP-0160: messages for a user without a fitting resource are kept, and handed to the first that comes.</summary>
internal sealed class OfflineDelivery(IGrainFactory grains, IHostSettingsSource hosts)
{
    /// <summary>Stores, or tells the sender why not. An account that does not exist looks like one that is away (RFC 6121 §8.5.1).</summary>
    public async Task StoreAsync(C2SStream sender, StanzaFrame message)
    {
        var recipient = message.To!;
        if (IsOnlyChatState(message.Xml.Span) || !(await grains.Account(recipient).GetAsync()).Exists)
        {
            return;
        }

        var limit = (await hosts.GetAsync(recipient.Domainpart))?.Limits.OfflineMessages ?? 0;
        if (!await grains.OfflineMessages(recipient).StoreAsync(message, limit))
        {
            StanzaErrorWriter.Refuse(sender, message, StanzaError.ServiceUnavailable);
        }
    }

    /// <summary>Hands over what waits, with the time of its coming (XEP-0203), and forgets what the stream took.</summary>
    public async Task DrainAsync(C2SStream stream)
    {
        var messages = grains.OfflineMessages(stream.Self!);
        long taken = 0;
        foreach (var waiting in await messages.ListAsync())
        {
            if (!stream.Enqueue(Delayed(waiting, stream.Domain)))
            {
                break;
            }

            taken = waiting.Number;
        }

        if (taken > 0)
        {
            await messages.RemoveAsync(taken);
        }
    }

    private static ReadOnlySpan<byte> Delayed(OfflineMessage waiting, string host)
    {
        var message = waiting.Message.Xml.Span;
        var output = ReplyBuffer.Rent();
        var xml = new XmppWriter(output);

        // <message …/> has no room for a child; <message …>…</message> has it before its end.
        var isEmpty = message.EndsWith("/>"u8);
        var end = isEmpty ? message.Length - 2 : message.LastIndexOf("</"u8);
        xml.Raw(message[..end]);
        xml.Raw(isEmpty ? "><delay xmlns='urn:xmpp:delay'"u8 : "<delay xmlns='urn:xmpp:delay'"u8);
        xml.Attribute("from"u8, host);
        xml.Attribute("stamp"u8, waiting.ReceivedAt.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
        xml.Raw("/></message>"u8);
        return output.WrittenSpan;
    }

    /// <summary>XEP-0160 §3: "is typing" is of no use to one who comes later.</summary>
    private static bool IsOnlyChatState(ReadOnlySpan<byte> message) =>
        message.IndexOf("http://jabber.org/protocol/chatstates"u8) >= 0 && message.IndexOf("<body"u8) < 0;
}
