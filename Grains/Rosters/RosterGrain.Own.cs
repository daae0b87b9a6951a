using System.Collections.Immutable;
using System.Text;
using Krewe.Contracts.Accounts;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Rosters;
using Krewe.Contracts.Stanzas;

namespace Krewe.Grains.Rosters;

/// <summary>
/// Changes that come over XMPP: to a roster that the host keeps itself (RFC 6121 §2.3 to §2.5, §3). A roster that the tenant's application
/// keeps is never altered by them (RFC 6121 §2.3.3, §3.1.2).
/// </summary>
internal sealed partial class RosterGrain
{
    private static readonly StanzaError ManagedExternally = StanzaError.NotAllowed with { Text = "managed externally" };

    /// <summary>Nothing is kept for a user who is gone for good with his stream.</summary>
    private static readonly StanzaError KeepsNothing = StanzaError.NotAllowed with { Text = "anonymous users have no roster" };

    private static readonly RosterUpdate Nothing = new(null, null, [], Deliver: false, Reply: null, IsBeforePush: false);

    public async Task<RosterUpdate> SetAsync(RosterSet change)
    {
        var host = await hosts.GetAsync(_owner.Domainpart);
        var jid = change.Jid.ToBare();
        var error = host switch
        {
            null => StanzaError.ServiceUnavailable,
            { HttpRoster: not null } => ManagedExternally,
            _ when AnonymousUsers.Include(host, _owner) => KeepsNothing,
            _ => Refusal(change, jid, host.Limits.RosterItems),
        };
        if (error is not null)
        {
            return Nothing with { Error = error };
        }

        var before = _copy.Roster.Find(jid.Bare);
        if (change.IsRemove)
        {
            // RFC 6121 §2.5.2: what was granted or asked for ends with the item.
            var routes = ImmutableArray.CreateBuilder<StanzaType>();
            if (before!.Subscription.HasTo() || before.Ask)
            {
                routes.Add(StanzaType.Unsubscribe);
            }

            if (before.Subscription.HasFrom() || _copy.HasRequest(jid))
            {
                routes.Add(StanzaType.Unsubscribed);
            }

            _copy.ForgetRequest(jid);
            return Nothing with { Changes = await PutAsync(jid, null), Route = routes.DrainToImmutable() };
        }

        // The item is replaced as a whole; subscription, ask and approved are the server's (RFC 6121 §2.1.2).
        var name = string.IsNullOrEmpty(change.Name) ? null : change.Name;
        var groups = change.Groups.Sort(StringComparer.Ordinal);
        var item = before is null
            ? new RosterItem(jid, name, SubscriptionState.None, Ask: false, Approved: false, groups)
            : before with { Name = name, Groups = groups };
        return Nothing with { Changes = await PutAsync(jid, item) };
    }

    public async Task<RosterUpdate> OutboundAsync(StanzaType type, Jid contact)
    {
        var host = await hosts.GetAsync(_owner.Domainpart);
        if (host is null)
        {
            return Nothing with { Error = StanzaError.ServiceUnavailable };
        }

        if (AnonymousUsers.Include(host, _owner))
        {
            return Nothing with { Error = KeepsNothing };
        }

        var jid = contact.ToBare();
        if (host.HttpRoster is not null)
        {
            await KnowAsync();
        }

        var before = _copy.Roster.Find(jid.Bare);
        var now = Subscription.Of(before, _copy.HasRequest(jid));
        var step = SubscriptionMachine.Outbound(now, type);
        if (host.HttpRoster is not null)
        {
            return step.Next == now ? Nothing : Nothing with { Error = ManagedExternally };
        }

        if (before is null && step.Next != now && IsFull(host.Limits.RosterItems))
        {
            return Nothing with { Error = StanzaError.ResourceConstraint };
        }

        var changes = await StepAsync(jid, before, now, step.Next);
        return Nothing with { Changes = changes, Route = step.Routes ? [type] : [] };
    }

    public async Task<RosterUpdate> InboundAsync(StanzaFrame stanza)
    {
        var host = await hosts.GetAsync(_owner.Domainpart);
        var jid = stanza.From.ToBare();
        if (host is null || jid.Bare == _owner.Bare || AnonymousUsers.Include(host, _owner))
        {
            return Nothing;
        }

        if (host.HttpRoster is not null)
        {
            return await AnswerAsync(stanza.Type, jid);
        }

        var before = _copy.Roster.Find(jid.Bare);
        var now = Subscription.Of(before, _copy.HasRequest(jid));
        var step = SubscriptionMachine.Inbound(now, stanza.Type);
        if (stanza.Type == StanzaType.Subscribe && step.Delivers && !_copy.TryKeepRequest(stanza))
        {
            return Nothing;
        }

        var changes = await StepAsync(jid, before, now, step.Next);
        return new(null, changes, [], step.Delivers, step.Reply, IsBeforePush: step.Delivers && stanza.Type != StanzaType.Subscribe);
    }

    public Task<ImmutableArray<StanzaFrame>> PendingRequestsAsync() => Task.FromResult(_copy.Pending);

    /// <summary>RFC 6121 §3.1.3: what the roster grants is granted again; anything else is refused, as the user could not approve it.</summary>
    private async Task<RosterUpdate> AnswerAsync(StanzaType type, Jid contact)
    {
        if (type != StanzaType.Subscribe)
        {
            // Only the tenant's application says who is subscribed to whom.
            return Nothing;
        }

        if (!await KnowAsync())
        {
            return Nothing with { Error = StanzaError.InternalServerErrorWait };
        }

        return Nothing with { Reply = _copy.Roster.SubscriptionOf(contact.Bare).HasFrom() ? StanzaType.Subscribed : StanzaType.Unsubscribed };
    }

    /// <summary>Asks the hook when no copy was ever had; false when that failed.</summary>
    private async Task<bool> KnowAsync() => _copy.FetchedAt is not null || (await _fetches.Join()).Error is null;

    private StanzaError? Refusal(RosterSet change, Jid jid, int itemsMax)
    {
        var before = _copy.Roster.Find(jid.Bare);
        if (change.IsRemove)
        {
            return before is null ? StanzaError.ItemNotFound : null;
        }

        if (change.Groups.Length != change.Groups.Distinct(StringComparer.Ordinal).Count())
        {
            return StanzaError.BadRequest;
        }

        var isTooLong = change.Name is { } name && Encoding.UTF8.GetByteCount(name) > RosterEntry.NameBytesMax;
        if (isTooLong || change.Groups.Any(group => group.Length == 0 || Encoding.UTF8.GetByteCount(group) > RosterEntry.GroupBytesMax))
        {
            return StanzaError.NotAcceptable;
        }

        return jid.Bare == _owner.Bare ? StanzaError.NotAllowed
            : before is null && IsFull(itemsMax) ? StanzaError.ResourceConstraint
            : null;
    }

    private bool IsFull(int itemsMax) => itemsMax > 0 && _copy.Roster.Items.Length >= itemsMax;

    private async Task<RosterChangeSet?> StepAsync(Jid jid, RosterItem? before, Subscription now, Subscription next)
    {
        if (next == now)
        {
            return null;
        }

        if (!next.PendingIn)
        {
            _copy.ForgetRequest(jid);
        }

        // A request that comes, or is refused, changes no item (RFC 6121 §3.1.3), but is kept, or forgotten.
        var isItem = (next with { PendingIn = false }) != (now with { PendingIn = false });
        if (!isItem)
        {
            await WriteNowAsync();
            return null;
        }

        var item = before ?? new(jid, null, SubscriptionState.None, false, false, []);
        return await PutAsync(jid, item with { Subscription = next.State, Ask = next.PendingOut });
    }

    private async Task<RosterChangeSet> PutAsync(Jid jid, RosterItem? item)
    {
        var changes = _copy.Put(jid, item);
        await WriteNowAsync();
        TellPrivileged(changes);
        return changes;
    }

    private async Task WriteNowAsync()
    {
        try
        {
            await _writes.JoinNext();
        }
        catch
        {
            // What is not on disk was not changed: the next activation reads what is.
            Drop();
            throw;
        }
    }
}
