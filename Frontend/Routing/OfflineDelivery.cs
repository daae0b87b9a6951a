using System.Collections.Immutable;
using System.Globalization;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Delivery;
using Krewe.Frontend.Observability;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Routing;

/// <summary>XEP-0160: messages for a user without a fitting resource are kept, and handed to the first that comes.</summary>
internal sealed class OfflineDelivery(
    IGrainFactory grains, IHostSettingsSource hosts, LocalAccounts accounts, LocalRoutes routes, SessionTable sessions, FrontendInstruments instruments)
{
    /// <summary>Stores; the result is why it could not. An account that does not exist looks like one that is away (RFC 6121 §8.5.1).</summary>
    public async Task<StanzaError?> StoreAsync(StanzaFrame message)
    {
        var recipient = message.To!;
        if (IsOnlyChatState(message.Xml.Span))
        {
            return null;
        }

        switch ((await accounts.FindAsync(recipient)).Existence)
        {
            case AccountExistence.No:
                return null;
            case AccountExistence.Unknown:
                // Whether somebody is there or not, this is what is said while it cannot be told: nothing is lost without a word.
                return StanzaError.RemoteServerTimeout;
        }

        var limit = (await hosts.GetAsync(recipient.Domainpart))?.Limits.OfflineMessages ?? 0;

        // Before, lest a crash hides the message; and after, lest a mailbox that was just emptied does.
        var account = grains.Account(recipient);
        await account.KnowAsync();
        await account.SetMayHaveMailAsync(true);
        var isStored = await grains.OfflineMessages(recipient).StoreAsync(message, limit);
        await account.SetMayHaveMailAsync(true);
        if (!isStored)
        {
            return StanzaError.ServiceUnavailable;
        }

        instruments.Host(recipient.Domainpart).MessageStored();

        // One who came in the meantime found nothing yet.
        if (routes.TryGet(recipient.Bare, out var route))
        {
            foreach (var resource in route.Resources)
            {
                if (resource is { IsAvailable: true, Priority: >= 0 } && sessions.TryGetStream(resource.Session, out var stream))
                {
                    await DrainAsync(stream);
                    return null;
                }
            }
        }

        return null;
    }

    /// <summary>Hands over what waits, with the time of its coming (XEP-0203), and forgets what the stream took.</summary>
    public async Task DrainAsync(C2SStream stream)
    {
        var messages = grains.OfflineMessages(stream.Self!);
        var account = grains.Account(stream.Self!);
        if (!(await account.GetAsync()).MayHaveMail)
        {
            return;
        }

        while (await messages.ListAsync() is { IsEmpty: false } waiting)
        {
            await account.SetMayHaveMailAsync(true);
            if (!await HandOverAsync(stream, messages, waiting))
            {
                return;
            }

            // What was stored just before this is seen by looking once more.
            await account.SetMayHaveMailAsync(false);
        }
    }

    private static async Task<bool> HandOverAsync(C2SStream stream, IOfflineMessagesGrain messages, ImmutableArray<OfflineMessage> waiting)
    {
        var isTaken = true;
        foreach (var message in waiting)
        {
            isTaken = isTaken && stream.Enqueue(Delayed(message, stream.Domain));
        }

        // What was only put into a queue that then broke is not delivered: it stays for the next.
        await stream.Queue.WhenDrainedAsync();
        isTaken &= stream.Queue.IsOpen;
        await messages.RemoveAsync(isTaken ? waiting[^1].Number : 0);
        return isTaken;
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

    /// <summary>XEP-0160 §3: "is typing" is of no use to one who comes later; anything beside it may be.</summary>
    private static bool IsOnlyChatState(ReadOnlySpan<byte> message)
    {
        var reader = new XmlElementReader(message);
        var hasState = false;
        while (reader.Read())
        {
            if (reader.Node != XmlNode.Start || reader.Depth != 1)
            {
                continue;
            }

            if (reader.NamespaceIs("http://jabber.org/protocol/chatstates"u8))
            {
                hasState = true;
            }
            else if (!reader.Is("thread"u8, "jabber:client"u8) && !reader.NamespaceIs("urn:xmpp:hints"u8))
            {
                return false;
            }
        }

        return hasState;
    }
}
