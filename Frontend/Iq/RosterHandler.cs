using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosting;
using Krewe.Contracts.Rosters;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Delivery;
using Krewe.Frontend.Privileges;
using Krewe.Frontend.Rosters;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Iq;

/// <summary>
/// RFC 6121 §2: the roster. It comes from the user's roster grain, which may have to wait for the tenant's application; so this runs aside,
/// in sequence with presence, and always answers.
/// </summary>
internal sealed class RosterHandler(IGrainFactory grains, RosterCarrier carrier, ManagedRosters managed, SessionTable sessions, LargeWork large) : IIqHandler
{
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
        else if (request.Sender is UserByPrivilege user)
        {
            await managed.AnswerAsync(request, user.Address, user.Hosted.Host, user.Since);
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
        if (!RosterQuery.TryReadGet(request.Xml, out var knownVersion))
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
        if (roster.Items.Length < LargeWork.ContactsMin || knownVersion == roster.Version)
        {
            WriteResult(request, roster, knownVersion);
        }
        else
        {
            await large.RunAsync(self.Domainpart, () => WriteResult(request, roster, knownVersion));
        }

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
        RosterQuery.Write(ref xml, roster, knownVersion);
        xml.Raw("</iq>"u8);
        request.Stream.WriteRoster(output.WrittenSpan, roster);
    }

    private async Task SetAsync(IqRequest request)
    {
        if (RosterQuery.ReadSet(request.Xml, out var change) is { } malformed)
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
}
