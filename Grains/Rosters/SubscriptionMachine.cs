using Krewe.Contracts.Rosters;
using Krewe.Contracts.Stanzas;

namespace Krewe.Grains.Rosters;

/// <summary>One of the nine states of RFC 6121 appendix A.1: what is granted, what the user asked for, what the contact asked for.</summary>
internal readonly record struct Subscription(SubscriptionState State, bool PendingOut, bool PendingIn)
{
    /// <summary>The state of a contact, who may have no item: "none".</summary>
    /// <param name="isRequested">The contact's request waits for the user's answer.</param>
    public static Subscription Of(RosterItem? item, bool isRequested) =>
        item is null ? new(default, false, isRequested) : new(item.Subscription, item.Ask && !item.Subscription.HasTo(), isRequested && !item.Subscription.HasFrom());
}

/// <summary>What a subscription stanza comes to.</summary>
/// <param name="Next">The state after it.</param>
/// <param name="Routes">Outbound: it goes on to the contact.</param>
/// <param name="Delivers">Inbound: the user is shown it.</param>
/// <param name="Reply">Inbound: what the server answers in the user's name.</param>
internal readonly record struct SubscriptionStep(Subscription Next, bool Routes = false, bool Delivers = false, StanzaType? Reply = null);

/// <summary>
/// The tables of RFC 6121 appendix A.2 and A.3 as a pure function. Pre-approval (RFC 6121 §3.4) is not among them: a <c>subscribed</c> that answers no request goes nowhere.
/// </summary>
internal static class SubscriptionMachine
{
    /// <summary>The user sends a subscription stanza (appendix A.2).</summary>
    public static SubscriptionStep Outbound(Subscription now, StanzaType type) => type switch
    {
        // A.2.1: always routed, as the contact's server may know better.
        StanzaType.Subscribe => new(now with { PendingOut = !now.State.HasTo() }, Routes: true),

        // A.2.2
        StanzaType.Unsubscribe => new(now with { State = WithoutTo(now.State), PendingOut = false }, Routes: true),

        // A.2.3: routed only as the answer to a request.
        StanzaType.Subscribed when now.PendingIn => new(now with { State = WithFrom(now.State), PendingIn = false }, Routes: true),

        // A.2.4
        StanzaType.Unsubscribed when now.PendingIn || now.State.HasFrom() => new(now with { State = WithoutFrom(now.State), PendingIn = false }, Routes: true),
        _ => new(now),
    };

    /// <summary>A contact's subscription stanza arrives (appendix A.3).</summary>
    public static SubscriptionStep Inbound(Subscription now, StanzaType type) => type switch
    {
        // A.3.1: what is granted is said again; a repeated request is not shown again.
        StanzaType.Subscribe when now.State.HasFrom() => new(now, Reply: StanzaType.Subscribed),
        StanzaType.Subscribe when !now.PendingIn => new(now with { PendingIn = true }, Delivers: true),

        // A.3.2; RFC 6121 §3.3.3: who had a subscription is told that it ended.
        StanzaType.Unsubscribe when now.State.HasFrom() =>
            new(now with { State = WithoutFrom(now.State) }, Delivers: true, Reply: StanzaType.Unsubscribed),
        StanzaType.Unsubscribe when now.PendingIn => new(now with { PendingIn = false }, Delivers: true),

        // A.3.3: only what was asked for can be granted.
        StanzaType.Subscribed when now.PendingOut => new(now with { State = WithTo(now.State), PendingOut = false }, Delivers: true),

        // A.3.4
        StanzaType.Unsubscribed when now.PendingOut || now.State.HasTo() =>
            new(now with { State = WithoutTo(now.State), PendingOut = false }, Delivers: true),
        _ => new(now),
    };

    private static SubscriptionState WithTo(SubscriptionState state) => state | SubscriptionState.To;

    private static SubscriptionState WithFrom(SubscriptionState state) => state | SubscriptionState.From;

    private static SubscriptionState WithoutTo(SubscriptionState state) => state & ~SubscriptionState.To;

    private static SubscriptionState WithoutFrom(SubscriptionState state) => state & ~SubscriptionState.From;
}
