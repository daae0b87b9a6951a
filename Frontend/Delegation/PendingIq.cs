using Krewe.Contracts.Addressing;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Entities;
using Krewe.Frontend.Routing;

namespace Krewe.Frontend.Delegation;

/// <summary>A request that waits for its delegate's answer (XEP-0355 §4.3), and what is to be known to judge that answer.</summary>
internal sealed class PendingIq
{
    /// <summary>What the wrapper is known by; random.</summary>
    public UInt128 Wrapper { get; } = WrapperId.New();

    /// <summary>The domain of the host that delegated it, which the delegate answers to.</summary>
    public required string Host { get; init; }

    /// <summary>Who is counted: the delegate's name, or the service's URL.</summary>
    public required string Delegate { get; init; }

    /// <summary>The only connection that may answer; null for a web service.</summary>
    public IEntityStream? Stream { get; init; }

    /// <summary>Of the namespace that it was wrapped in.</summary>
    public int Generation { get; init; }

    /// <summary>Who asked, and is answered.</summary>
    public required IStanzaSender Requester { get; init; }

    /// <summary>Get or set.</summary>
    public required StanzaType Type { get; init; }

    public required string Id { get; init; }

    /// <summary>As the requester gave it, which the answer's <c>from</c> has to be; null for nobody.</summary>
    public required Jid? To { get; init; }

    public required TimeSpan Timeout { get; init; }

    public required DelegationCounts Counts { get; init; }

    /// <summary>Set when the requester has an answer, for whoever waits for that; null when nobody does.</summary>
    public TaskCompletionSource? Done { get; init; }

    /// <summary>Of <see cref="DeadlineWheel"/>: the tick by which it is due, and its neighbours.</summary>
    public long DueTick { get; set; }

    public PendingIq? Previous { get; set; }

    public PendingIq? Next { get; set; }

    /// <summary>Hands the requester the answer: a whole IQ.</summary>
    public void Answer(ReadOnlySpan<byte> iq)
    {
        Counts.NoteAnswered();
        Requester.Enqueue(iq);
        Done?.TrySetResult();
    }

    /// <summary>Tells the requester that there is none. Nothing of it says who was asked (specs D-052).</summary>
    public void Refuse(StanzaError error)
    {
        StanzaErrorWriter.Refuse(Requester, StanzaKind.Iq, Type, Id, To, error);
        Done?.TrySetResult();
    }
}
