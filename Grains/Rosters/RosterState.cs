using Krewe.Contracts.Addressing;
using Krewe.Contracts.Rosters;
using Krewe.Contracts.Stanzas;

namespace Krewe.Grains.Rosters;

/// <summary>A roster as it lies in the store <c>rosters</c>: plain values only, so that every serializer can carry it.</summary>
[GenerateSerializer, Alias("roster-state")]
internal sealed class RosterState
{
    [Id(0)]
    public string Version { get; set; } = RosterSnapshot.Empty.Version;

    [Id(1)]
    public RosterStateItem[] Items { get; set; } = [];

    /// <summary>When the fetch began that the items are from, in Unix milliseconds; null when the host kept the roster itself.</summary>
    [Id(2)]
    public long? FetchedAt { get; set; }

    [Id(3)]
    public string? ETag { get; set; }

    /// <summary>Which <c>http_roster_url</c> the items and the entity tag are of.</summary>
    [Id(4)]
    public string? Source { get; set; }

    /// <summary>The tenant said that the items are out of date.</summary>
    [Id(5)]
    public bool IsStale { get; set; }

    [Id(6)]
    public PendingRequest[] Pending { get; set; } = [];

    public static RosterStateItem[] ItemsOf(RosterSnapshot roster) => [.. roster.Items.Select(RosterStateItem.Of)];

    public RosterSnapshot Roster() => Items.Length == 0 && Version == RosterSnapshot.Empty.Version
        ? RosterSnapshot.Empty
        : new(Version, [.. Items.Select(item => item.Item()).OfType<RosterItem>().DistinctBy(item => item.Jid.Bare).OrderBy(item => item.Jid.Bare, StringComparer.Ordinal)]);

    public DateTimeOffset? FetchedAtTime() => FetchedAt is { } milliseconds ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : null;
}

[GenerateSerializer, Alias("roster-state-item")]
internal sealed class RosterStateItem
{
    [Id(0)]
    public string Jid { get; set; } = "";

    [Id(1)]
    public string? Name { get; set; }

    [Id(2)]
    public byte Subscription { get; set; }

    [Id(3)]
    public bool Ask { get; set; }

    [Id(4)]
    public bool Approved { get; set; }

    [Id(5)]
    public string[] Groups { get; set; } = [];

    public static RosterStateItem Of(RosterItem item) => new()
    {
        Jid = item.Jid.Bare,
        Name = item.Name,
        Subscription = (byte)item.Subscription,
        Ask = item.Ask,
        Approved = item.Approved,
        Groups = [.. item.Groups],
    };

    /// <summary>Null for an address that is none by the rules of today.</summary>
    public RosterItem? Item() =>
        Contracts.Addressing.Jid.TryParse(Jid, out var jid) ? new(jid, Name, (SubscriptionState)Subscription, Ask, Approved, [.. Groups]) : null;
}

/// <summary>A contact's subscription request that the user has not answered, whole (RFC 6121 §3.1.3).</summary>
[GenerateSerializer, Alias("pending-request")]
internal sealed class PendingRequest
{
    [Id(0)]
    public string From { get; set; } = "";

    [Id(1)]
    public string? To { get; set; }

    [Id(2)]
    public string? Id { get; set; }

    [Id(3)]
    public byte[] Xml { get; set; } = [];

    [Id(4)]
    public int ToEnd { get; set; }

    public static PendingRequest Of(StanzaFrame stanza) => new()
    {
        From = stanza.From.Bare,
        To = stanza.To?.ToString(),
        Id = stanza.Id,
        Xml = stanza.Xml.ToArray(),
        ToEnd = stanza.ToEnd,
    };

    public StanzaFrame? Stanza() => Jid.TryParse(From, out var from)
        ? new(StanzaKind.Presence, StanzaType.Subscribe, from, Jid.TryParse(To, out var to) ? to : null, Id, Xml, ToEnd)
        : null;
}
