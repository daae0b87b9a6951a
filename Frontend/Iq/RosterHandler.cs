using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Rosters;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Delivery;
using Krewe.Frontend.Rosters;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Iq;

/// <summary>
/// RFC 6121 §2: the roster. It comes from the user's roster grain, which may have to wait for the tenant's application; so this runs aside,
/// in sequence with presence, and always answers.
/// </summary>
internal sealed class RosterHandler(IGrainFactory grains, RosterCarrier carrier, SessionTable sessions) : IIqHandler
{
    /// <summary>RFC 6121 §2.1.2.4 leaves the length of names to the server; a roster document has the same bound.</summary>
    private const int NameBytesMax = 1023;

    public string Namespace => "jabber:iq:roster";

    public string Name => "query";

    public IqTarget Targets => IqTarget.Account | IqTarget.OtherAccount;

    public string Feature => Namespace;

    public bool IsInSequence => true;

    public async ValueTask HandleAsync(IqRequest request)
    {
        if (request.Target == IqTarget.OtherAccount)
        {
            // RFC 6121 §2.1.3, §2.1.5: whether there is such an account is not told.
            request.Refuse(StanzaError.Forbidden);
        }
        else if (request.Type == StanzaType.Get)
        {
            await GetAsync(request);
        }
        else
        {
            await SetAsync(request);
        }
    }

    private async Task GetAsync(IqRequest request)
    {
        if (!TryReadGet(request.Xml, out var knownVersion))
        {
            request.Refuse(StanzaError.BadRequest);
            return;
        }

        var stream = request.Stream;
        var self = stream.Self!;

        // Interested first, then the roster: a change in between comes as a push, and waits for the result.
        stream.HoldPushes();
        RosterAnswer answer;
        try
        {
            await grains.Sessions(self).InterestedAsync(stream.Session, sessions.FrontendName);
            answer = await grains.Roster(self).GetAsync(stream.LiveSince);
        }
        catch (Exception e) when (e is TimeoutException or Orleans.Runtime.OrleansException)
        {
            answer = new RosterAnswer(RosterOutcome.Failed, null);
        }
        catch
        {
            stream.WriteRoster([], null);
            throw;
        }

        if (answer.Roster is not { } roster)
        {
            request.Refuse(StanzaError.InternalServerErrorWait);
            stream.WriteRoster([], null);
            return;
        }

        stream.LoadedRoster = stream.IsAvailable ? null : roster;
        WriteResult(request, roster, knownVersion);
        if (answer.Outcome == RosterOutcome.Stale)
        {
            _ = stream.RunAsideAsync(() => carrier.AwaitFetchAsync(self));
        }
    }

    private static void WriteResult(IqRequest request, RosterSnapshot roster, string? knownVersion)
    {
        var output = ReplyBuffer.Rent();
        var xml = new XmppWriter(output);
        request.WriteStart(ref xml);
        if (knownVersion != roster.Version)
        {
            xml.Raw("<query xmlns='jabber:iq:roster'"u8);
            xml.Attribute("ver"u8, roster.Version);
            xml.Raw(">"u8);
            foreach (var item in roster.Items)
            {
                if (item.IsShown)
                {
                    ServerStanzaWriter.WriteItem(ref xml, item);
                }
            }

            xml.Raw("</query>"u8);
        }

        xml.Raw("</iq>"u8);
        request.Stream.WriteRoster(output.WrittenSpan, roster);
    }

    private async Task SetAsync(IqRequest request)
    {
        if (ReadSet(request.Xml, out var change) is { } malformed)
        {
            request.Refuse(malformed);
            return;
        }

        var self = request.Stream.Self!;
        var update = await grains.Roster(self).SetAsync(change!);
        if (update.Error is { } error)
        {
            request.Refuse(error);
            return;
        }

        if (update.Changes is { } changes)
        {
            await carrier.CarryAsync(self, changes);
        }

        request.Confirm();
        await request.Stream.SendSubscriptionsAsync(update.Route, change!.Jid);
    }

    private static bool TryReadGet(ReadOnlySpan<byte> iq, out string? version)
    {
        version = null;
        var reader = new XmlElementReader(iq);
        if (!reader.ReadToFirstChild())
        {
            return false;
        }

        if (reader.TryGetAttribute("ver"u8, out var known))
        {
            version = known;
        }

        // RFC 6121 §2.1.3: a get has no items.
        while (reader.Read() && reader.Depth > 1)
        {
            if (reader.Node == XmlNode.Start)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>RFC 6121 §2.3.3: what is wrong with a roster set; null when nothing is.</summary>
    private static StanzaError? ReadSet(ReadOnlySpan<byte> iq, out RosterSet? change)
    {
        change = null;
        var reader = new XmlElementReader(iq);
        if (!reader.ReadToFirstChild() || reader.IsEmpty)
        {
            return StanzaError.BadRequest;
        }

        var depth = reader.Depth;
        Jid? jid = null;
        string? name = null;
        var isRemove = false;
        var groups = new List<string>();
        var items = 0;
        while (reader.Read() && reader.Depth > depth)
        {
            if (reader.Node != XmlNode.Start || reader.Depth != depth + 1)
            {
                if (reader.Node == XmlNode.Start && items == 1 && reader.Is("group"u8, "jabber:iq:roster"u8))
                {
                    groups.Add(reader.ReadText());
                }

                continue;
            }

            if (++items > 1 || !reader.Is("item"u8, "jabber:iq:roster"u8)
                || !reader.TryGetAttribute("jid"u8, out var text) || !Jid.TryParse(text, out jid))
            {
                return StanzaError.BadRequest;
            }

            isRemove = reader.TryGetAttribute("subscription"u8, out var subscription) && subscription == "remove";
            name = reader.TryGetAttribute("name"u8, out var given) ? given : null;
        }

        if (jid is null || groups.Distinct().Count() != groups.Count)
        {
            return StanzaError.BadRequest;
        }

        if (groups.Exists(group => group.Length == 0 || IsTooLong(group)) || IsTooLong(name))
        {
            return StanzaError.NotAcceptable;
        }

        change = new RosterSet(jid.ToBare(), isRemove, string.IsNullOrEmpty(name) ? null : name, [.. groups.Order(StringComparer.Ordinal)]);
        return null;
    }

    private static bool IsTooLong(string? text) => text is not null && System.Text.Encoding.UTF8.GetByteCount(text) > NameBytesMax;
}
