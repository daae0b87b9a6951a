using System.Diagnostics;
using Krewe.Contracts.Rosters;

namespace Krewe.Frontend.Http;

/// <summary>RFC 6121 §2.1.2.5: how the API spells what a subscription is.</summary>
internal static class RosterWords
{
    public static string NameOf(SubscriptionState state) => state switch
    {
        SubscriptionState.None => "none",
        SubscriptionState.To => "to",
        SubscriptionState.From => "from",
        SubscriptionState.Both => "both",
        _ => throw new UnreachableException(),
    };
}
