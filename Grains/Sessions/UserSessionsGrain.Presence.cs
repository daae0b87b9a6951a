using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosting;
using Krewe.Contracts.Rosters;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Grains.Rosters;

namespace Krewe.Grains.Sessions;

/// <summary>
/// Presence (RFC 6121 §4) and what a changed roster means for it. A user's presence goes to whom the user's own roster lists with from or both, and to
/// nobody else: a contact's <c>to</c> alone reveals nothing. Calls between users' grains are acknowledged, but never awaited in a turn.
/// </summary>
internal sealed partial class UserSessionsGrain
{
    /// <summary>Resources of one contact that are remembered. A component can invent as many as it likes; what is beyond is delivered, and no more.</summary>
    private const int ShownOfContactMax = 64;

    /// <summary>The roster as of the last change; null until a resource's initial presence brought it.</summary>
    private RosterSnapshot? _roster;

    /// <summary>Which resources of each contact the user has been shown, so that the end of a subscription can take them back.</summary>
    private readonly Dictionary<string, List<Jid>> _shown = new(StringComparer.Ordinal);

    /// <summary>How much waits for its turn: whatever comes behind it, however little work it is, does not pass it.</summary>
    private int _waiting;

    public Task<string?> PresenceAsync(PresenceUpdate update) => _waiting == 0 && !IsLarge(_roster ?? update.Roster)
        ? TakePresenceAsync(update)
        : InTurnAsync(() => TakePresenceAsync(update));

    /// <summary>Until its turn comes the session is there for others, and found gone by who delivers to it.</summary>
    public Task UnbindAsync(long session, string frontend)
    {
        return _waiting == 0 && !IsLarge(_roster) ? EndAsync() : InTurnAsync(async () =>
        {
            await EndAsync();
            return true;
        });

        Task EndAsync() => Find(session, frontend) is { } resource ? EndResource(resource) : Task.CompletedTask;
    }

    public Task<RosterApplied> RosterChangedAsync(RosterChangeSet changes, bool isResync) =>
        _waiting == 0 && changes.Changes.Length < LargeWork.ContactsMin && !(_roster is null && IsLarge(changes.Roster))
            ? TakeChangeAsync(changes, isResync)
            : InTurnAsync(() => TakeChangeAsync(changes, isResync));

    private static bool IsLarge(RosterSnapshot? roster) => roster?.Items.Length >= LargeWork.ContactsMin;

    /// <summary>In the host's turn, and in order with what else of this user waits for it.</summary>
    private async Task<T> InTurnAsync<T>(Func<Task<T>> work)
    {
        _waiting++;
        return await await large.RunAsync(
            _self.Domainpart,
            () =>
            {
                _waiting--;
                return work();
            });
    }

    private async Task<string?> TakePresenceAsync(PresenceUpdate update)
    {
        if (Find(update.Session, update.Frontend) is not { } resource)
        {
            return null;
        }

        // Changes are carried here one by one; only the first roster is taken as it is.
        List<Task> introduced = _roster is null && update.Roster is { } first ? Introduce(first) : [];
        var other = update.Roster is { } given && given.Version != _roster!.Version ? _roster.Version : null;
        var presence = update.Presence;
        var sent = presence.Type == StanzaType.Unavailable ? SendUnavailable(resource, presence) : SendAvailable(resource, presence, update.Priority);
        await Task.WhenAll([.. introduced, sent]);
        return other;
    }

    public Task DirectedPresenceAsync(long session, string frontend, StanzaFrame presence)
    {
        if (Find(session, frontend) is not { } resource || presence.To is not { } to)
        {
            return Task.CompletedTask;
        }

        if (presence.Type == StanzaType.Unavailable)
        {
            resource.RemoveDirected(to);
        }
        else if (to.Bare != _self.Bare && (_roster is null || !_roster.SubscriptionOf(to.Bare).HasFrom() || !resource.IsAvailable))
        {
            resource.AddDirected(to);
        }

        return SendTo(to, presence);
    }

    public Task ContactPresenceAsync(ContactPresence contact)
    {
        if (_resources.Count == 0)
        {
            return Task.CompletedTask;
        }

        var presence = contact.Presence;
        if (presence.Type != StanzaType.Unavailable && IsOutOfReach(presence.From))
        {
            // Sent before its host, or this one, was closed.
            return Task.CompletedTask;
        }

        var told = Track(presence);

        // RFC 6121 §4.2.3: to the account for all available resources; to one resource for that one, available or not.
        var targets = _resources.FindAll(resource => contact.OnlyResource is { } only ? resource.Jid.Resourcepart == only : resource.IsAvailable);

        // Broadcasts carry no 'to' of their own; directed presence keeps the one that it has (RFC 6121 §4.6), and its end has it too.
        var to = presence.To is not null ? null : contact.OnlyResource is { } only ? _self.WithPreparedResource(only) : _self;
        Task delivered = DeliverAsync(targets, new StanzaContent(presence, to));
        return contact.ImpliesProbe ? Task.WhenAll([delivered, told, .. AnswerProbe(presence.From)])
            : told.IsCompletedSuccessfully ? delivered
            : Task.WhenAll(delivered, told);
    }

    public Task ProbeAsync(PresenceProbe probe)
    {
        var subscription = _roster?.SubscriptionOf(probe.From.Bare) ?? SubscriptionState.None;
        if (probe.From.Bare == _self.Bare || subscription.HasFrom())
        {
            var asked = _resources.FindAll(resource => resource.IsAvailable && (probe.To.IsBare || resource.Jid.Equals(probe.To)));
            if (asked.Count > 0)
            {
                return Task.WhenAll(asked.Select(resource => SendTo(probe.From, resource.Presence!)));
            }

            // RFC 6121 §4.3.2: to one who may know, the answer is that nobody is there.
            return probe.IsImplied || _resources.Count == 0 ? Task.CompletedTask : SendTo(probe.From, Bodiless(StanzaType.Unavailable, probe.To, probe.Id));
        }

        // RFC 6121 §4.6.6: whoever only has directed presence learns that much again. Anybody else is ignored, known account or not.
        var directed = _resources.Find(resource => resource.Jid.Equals(probe.To) && resource.HasDirectedTo(probe.From));
        return directed is null ? Task.CompletedTask : SendTo(probe.From, Bodiless(StanzaType.Available, directed.Jid, probe.Id));
    }

    public Task SubscriptionAsync(StanzaFrame presence) => DeliverAsync(
        _resources.FindAll(resource => presence.Type == StanzaType.Subscribe ? resource.IsAvailable : resource.IsInterested),
        new StanzaContent(presence, presence.To is { IsBare: true } ? null : _self));

    private async Task<RosterApplied> TakeChangeAsync(RosterChangeSet changes, bool isResync)
    {
        if (_resources.Count == 0)
        {
            return new RosterApplied(true, null);
        }

        if (_roster is { } roster && roster.Version != changes.FromVersion)
        {
            if (roster.Version == changes.Roster.Version)
            {
                return new RosterApplied(true, roster.Version);
            }

            // Carried here out of order or after a gap: the caller asks the roster for what leads on from this version.
            var next = changes.Changes.IndexOf(changes.Changes.FirstOrDefault(change => change.Version == roster.Version)!);
            if (next >= 0)
            {
                changes = changes with { FromVersion = roster.Version, Changes = changes.Changes.RemoveRange(0, next + 1) };
            }
            else if (isResync && IsOlder(changes.Roster.Version, roster.Version))
            {
                // Somebody carried later changes here in the meantime.
                return new RosterApplied(true, roster.Version);
            }
            else if (isResync)
            {
                changes = Resynchronize(roster, changes);
            }
            else
            {
                return new RosterApplied(false, roster.Version);
            }
        }

        var isFirst = _roster is null;
        var sent = new List<Task>();
        foreach (var change in changes.Changes)
        {
            if (isFirst)
            {
                Push(change, sent);
            }
            else
            {
                ApplyChange(change, sent);
            }
        }

        if (isFirst)
        {
            sent.AddRange(Introduce(changes.Roster));
        }

        _roster = changes.Roster;
        await Task.WhenAll(sent);
        return new RosterApplied(true, changes.Roster.Version);
    }

    private static bool IsOlder(string version, string than) =>
        RosterVersion.Parse(version) is var one && RosterVersion.Parse(than) is var other && one.Epoch == other.Epoch && one.Number <= other.Number;

    /// <summary>What leads from the roster as the sessions know it to the present one, where the steps between are no longer known.</summary>
    private static RosterChangeSet Resynchronize(RosterSnapshot known, RosterChangeSet present)
    {
        var steps = RosterComparison.Compare(known, present.Roster.Items, RosterVersion.Parse(known.Version)).Changes;
        return present with { Changes = steps.IsEmpty ? steps : steps.SetItem(steps.Length - 1, steps[^1] with { Version = present.Roster.Version }) };
    }

    /// <summary>Losses: presence first, so that the client still knows the contact. Gains: the push first, so that it already does.</summary>
    private void ApplyChange(RosterChange change, List<Task> sent)
    {
        var contact = change.Jid;
        var before = change.Before?.Subscription ?? SubscriptionState.None;
        var after = change.After?.Subscription ?? SubscriptionState.None;
        var available = _resources.FindAll(resource => resource.IsAvailable);
        if (before.HasFrom() && !after.HasFrom())
        {
            foreach (var resource in available)
            {
                // Even where directed presence was sent (RFC 6121 §4.6.1): from here on nothing more goes out.
                resource.RemoveDirectedTo(contact.Bare);
                sent.Add(SendTo(contact, Bodiless(StanzaType.Unavailable, resource.Jid, null)));
            }
        }

        if (before.HasTo() && !after.HasTo() && _shown.Remove(contact.Bare, out var shown))
        {
            foreach (var resource in shown)
            {
                sent.Add(DeliverAsync(available, new StanzaContent(Bodiless(StanzaType.Unavailable, resource, null), _self)));
                _seen?.Remove(resource);
            }

            sent.Add(TellOfLost(shown));
        }

        Push(change, sent);
        SendGains(contact, before, after, available, sent);
    }

    /// <summary>
    /// The first roster that the sessions get to know. Resources that became available before it, as it could not be loaded, are so for its contacts from now
    /// on, whether or not anything in it has changed.
    /// </summary>
    private List<Task> Introduce(RosterSnapshot roster)
    {
        _roster = roster;
        var sent = new List<Task>();
        if (_resources.FindAll(resource => resource.IsAvailable) is { Count: > 0 } available)
        {
            foreach (var item in roster.Items)
            {
                SendGains(item.Jid, SubscriptionState.None, item.Subscription, available, sent);
            }
        }

        return sent;
    }

    private void Push(RosterChange change, List<Task> sent)
    {
        if (change.After is { IsShown: true } || change.Before is { IsShown: true })
        {
            sent.Add(DeliverAsync(_resources.FindAll(resource => resource.IsInterested), new RosterPushContent(change)));
        }
    }

    private void SendGains(Jid contact, SubscriptionState before, SubscriptionState after, List<ConnectedResource> available, List<Task> sent)
    {
        if (!before.HasFrom() && after.HasFrom())
        {
            foreach (var resource in available)
            {
                resource.RemoveDirectedTo(contact.Bare);
                sent.Add(SendTo(contact, resource.Presence!));
            }
        }

        if (!before.HasTo() && after.HasTo() && available.Count > 0)
        {
            sent.Add(Probe(_self, contact.ToBare()));
        }
    }

    private Task SendAvailable(ConnectedResource resource, StanzaFrame presence, sbyte priority)
    {
        var isInitial = !resource.IsAvailable;
        resource.SetAvailable(presence, priority);
        PublishRoute();
        var sent = new List<Task>();

        // RFC 6121 §4.2.2: to all of the user's available resources, this one included.
        sent.Add(DeliverAsync(_resources.FindAll(other => other.IsAvailable), new StanzaContent(presence, _self)));
        if (isInitial)
        {
            sent.Add(TellOfSelf(presence));
        }

        foreach (var other in _resources)
        {
            if (isInitial && other != resource && other.IsAvailable)
            {
                sent.Add(DeliverAsync([resource], new StanzaContent(other.Presence!, _self)));
            }
        }

        SendToRoster(resource, static _ => true, isInitial, sent);
        return Task.WhenAll(sent);
    }

    private Task SendUnavailable(ConnectedResource resource, StanzaFrame presence)
    {
        var wasAvailable = resource.IsAvailable;
        resource.SetUnavailable();
        PublishRoute();
        var sent = new List<Task>();
        if (wasAvailable)
        {
            sent.Add(TellOfSelf(presence));
            sent.Add(DeliverAsync(_resources.FindAll(other => other.IsAvailable), new StanzaContent(presence, _self)));
            foreach (var item in _roster?.Items ?? [])
            {
                if (item.Subscription.HasFrom())
                {
                    sent.Add(Broadcast(item.Jid, presence, asks: false));
                }
            }
        }

        foreach (var target in resource.TakeDirected())
        {
            // Those whom the broadcast reached are told once (specs R-074).
            if (!wasAvailable || _roster is null || !_roster.SubscriptionOf(target.Bare).HasFrom())
            {
                sent.Add(SendTo(target, presence));
            }
        }

        return Task.WhenAll(sent);
    }

    private Task EndResource(ConnectedResource resource)
    {
        _resources.Remove(resource);
        var told = SendUnavailable(resource, Bodiless(StanzaType.Unavailable, resource.Jid, null));
        if (_resources.Count == 0)
        {
            told = Task.WhenAll(told, TellOfLost(_shown.Values.SelectMany(static resources => resources)));
            _roster = null;
            _shown.Clear();
            _seen = null;
            DelayDeactivation(TimeSpan.Zero);
        }

        return told;
    }

    private List<Task> AnswerProbe(Jid asker)
    {
        var answers = new List<Task>();
        if (_roster?.SubscriptionOf(asker.Bare).HasFrom() == true)
        {
            foreach (var resource in _resources)
            {
                if (resource.Presence is { } presence)
                {
                    answers.Add(SendTo(asker, presence));
                }
            }
        }

        return answers;
    }

    private Task Track(StanzaFrame presence)
    {
        var told = Task.CompletedTask;
        var from = presence.From;
        if (presence.Type == StanzaType.Unavailable)
        {
            if (_shown.TryGetValue(from.Bare, out var known))
            {
                if (known.Remove(from))
                {
                    _seen?.Remove(from);
                    told = TellOfContact(presence);
                }

                if (known.Count == 0)
                {
                    _shown.Remove(from.Bare);
                }
            }

            // RFC 6121 §4.6.1: one who left needs no word of our own leaving.
            foreach (var resource in _resources)
            {
                resource.RemoveDirected(from);
            }
        }
        else if (presence.Type == StanzaType.Available && _roster?.SubscriptionOf(from.Bare).HasTo() == true)
        {
            if (!_shown.TryGetValue(from.Bare, out var known))
            {
                _shown[from.Bare] = known = new List<Jid>(1);
            }

            var isKnown = known.Contains(from);
            if (isKnown || known.Count < ShownOfContactMax)
            {
                Remember(presence);
            }

            if (!isKnown && known.Count < ShownOfContactMax)
            {
                known.Add(from);
                told = TellOfContact(presence);
            }
        }

        return told;
    }

    /// <summary>Presence of the server's own making; the frontend writes it.</summary>
    private static StanzaFrame Bodiless(StanzaType type, Jid from, string? id) => new(StanzaKind.Presence, type, from, null, id, default, 0);
}
