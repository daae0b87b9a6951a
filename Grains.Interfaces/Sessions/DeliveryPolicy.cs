using Krewe.Contracts.Stanzas;

namespace Krewe.Contracts.Sessions;

/// <summary>One of a user's resources as delivery sees it.</summary>
/// <param name="Session">The frontend's number of the session.</param>
/// <param name="IsAvailable">It has sent initial presence; before that it is only connected (RFC 6121 §1.2).</param>
public readonly record struct ResourceRoute(string Resource, long Session, sbyte Priority, bool IsAvailable);

/// <summary>What is to be done with a stanza for a user, and with which of the resources.</summary>
/// <param name="Outcome">Delivered when <paramref name="Index"/> or <paramref name="Indexes"/> say where to.</param>
/// <param name="Index">The one resource that gets it, −1 for none or several.</param>
/// <param name="Indexes">The resources that get it when they are several.</param>
public readonly record struct DeliveryDecision(RouteOutcome Outcome, int Index = -1, int[]? Indexes = null);

/// <summary>
/// RFC 6121 §8.5, table 1 of §8.5.4, as a pure function. Towards strangers the silent letter of the table is taken wherever another
/// would tell that an account or a resource exists; an account that does not exist is decided like one without resources.
/// </summary>
public static class DeliveryPolicy
{
    /// <summary>Decides for a message, or for an IQ to a full JID (an IQ to a bare JID is the server's to answer, §8.5.2.1.3).</summary>
    /// <param name="isTrusted">The recipient lets the sender see its presence: then an error instead of silence tells nothing new (§8.1).</param>
    public static DeliveryDecision Decide(StanzaKind kind, StanzaType type, string? toResource, ReadOnlySpan<ResourceRoute> resources, bool isTrusted = false)
    {
        if (toResource is not null)
        {
            // §8.5.3.1: a matching resource gets it whatever its priority; connected but not available will do (RFC 6120 §10.5.4).
            for (var i = 0; i < resources.Length; i++)
            {
                if (resources[i].Resource == toResource)
                {
                    return new(RouteOutcome.Delivered, i);
                }
            }
        }

        return kind switch
        {
            StanzaKind.Iq => type is StanzaType.Get or StanzaType.Set ? new(RouteOutcome.ServiceUnavailable) : new(RouteOutcome.Ignored),
            StanzaKind.Message => DecideMessage(type, toResource is not null, resources, isTrusted),
            _ => new(RouteOutcome.Ignored),
        };
    }

    private static DeliveryDecision DecideMessage(StanzaType type, bool isFull, ReadOnlySpan<ResourceRoute> resources, bool isTrusted) => (type, isFull) switch
    {
        // §8.5.2.1.1 and §8.5.2.2.1
        (StanzaType.Normal or StanzaType.Chat, false) => MostAvailable(resources),

        // §8.5.3.2.1: chat to a resource that is gone goes as if it were to the bare JID; the others do not.
        (StanzaType.Chat, true) => MostAvailable(resources),
        (StanzaType.Headline, false) => AllNonNegative(resources),
        (StanzaType.Groupchat, false) => new(RouteOutcome.ServiceUnavailable),
        (StanzaType.Normal or StanzaType.Groupchat or StanzaType.Headline, true) when isTrusted => new(RouteOutcome.ServiceUnavailable),
        _ => new(RouteOutcome.Ignored),
    };

    private static DeliveryDecision MostAvailable(ReadOnlySpan<ResourceRoute> resources)
    {
        int best = -1, count = 0;
        for (var i = 0; i < resources.Length; i++)
        {
            ref readonly var resource = ref resources[i];
            if (!resource.IsAvailable || resource.Priority < 0)
            {
                continue;
            }

            if (best < 0 || resource.Priority > resources[best].Priority)
            {
                (best, count) = (i, 1);
            }
            else if (resource.Priority == resources[best].Priority)
            {
                count++;
            }
        }

        if (count <= 1)
        {
            return best < 0 ? new(RouteOutcome.StoreOffline) : new(RouteOutcome.Delivered, best);
        }

        var indexes = new int[count];
        for (int i = best, n = 0; i < resources.Length; i++)
        {
            if (resources[i].IsAvailable && resources[i].Priority == resources[best].Priority)
            {
                indexes[n++] = i;
            }
        }

        return new(RouteOutcome.Delivered, -1, indexes);
    }

    private static DeliveryDecision AllNonNegative(ReadOnlySpan<ResourceRoute> resources)
    {
        List<int>? indexes = null;
        for (var i = 0; i < resources.Length; i++)
        {
            if (resources[i].IsAvailable && resources[i].Priority >= 0)
            {
                (indexes ??= []).Add(i);
            }
        }

        return indexes switch
        {
            null => new(RouteOutcome.Ignored),
            [var only] => new(RouteOutcome.Delivered, only),
            _ => new(RouteOutcome.Delivered, -1, [.. indexes]),
        };
    }
}
