using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Rosters;
using Krewe.Contracts.Stanzas;

namespace Krewe.Grains.Rosters;

/// <summary>One user's roster in memory, with its version, its last changes, where it is from and how old it is. Every change of it happens here.</summary>
internal sealed class RosterCopy
{
    /// <summary>More strangers than this cannot wait for an answer at once; what they send is ignored.</summary>
    public const int PendingRequestsMax = 100;

    public const int PendingBytesMax = 512 * 1024;

    private static readonly Comparer<RosterItem> ByJid = Comparer<RosterItem>.Create((x, y) => string.CompareOrdinal(x.Jid.Bare, y.Jid.Bare));

    private readonly RosterHistory _history = new();
    private readonly List<StanzaFrame> _pending = [];
    private RosterVersion _version = RosterVersion.Zero;
    private bool _hasOwnEpoch;

    public RosterSnapshot Roster { get; private set; } = RosterSnapshot.Empty;

    /// <summary>When the fetch began that confirmed the roster; null when none ever did.</summary>
    public DateTimeOffset? FetchedAt { get; private set; }

    public string? ETag { get; private set; }

    /// <summary>Of which URL the roster is; see <see cref="RosterClient.SourceOf"/>.</summary>
    public string? Source { get; private set; }

    public bool IsStale { get; private set; }

    /// <summary>Unanswered subscription requests, one for each sender, oldest first.</summary>
    public ImmutableArray<StanzaFrame> Pending => [.. _pending];

    public void Load(RosterState state)
    {
        Roster = state.Roster();
        _version = RosterVersion.Parse(Roster.Version);
        (FetchedAt, ETag, Source, IsStale) = (state.FetchedAtTime(), state.ETag, state.Source, state.IsStale);
        _pending.AddRange(state.Pending.Select(request => request.Stanza()).OfType<StanzaFrame>());
    }

    public RosterState ToState() => new()
    {
        Version = Roster.Version,
        Items = RosterState.ItemsOf(Roster),
        FetchedAt = FetchedAt?.ToUnixTimeMilliseconds(),
        ETag = ETag,
        Source = Source,
        IsStale = IsStale,
        Pending = [.. _pending.Select(PendingRequest.Of)],
    };

    /// <summary>Takes what a fetch brought.</summary>
    public RosterChangeSet Replace(ImmutableArray<RosterItem> items)
    {
        var set = RosterComparison.Compare(Roster, items, LastVersion());
        if (set.Changes.Length > 0)
        {
            Take(set);
        }

        return set;
    }

    /// <summary>The roster as it is was confirmed.</summary>
    public void Confirm(DateTimeOffset fetchedAt, string? etag, string source, bool isStale) =>
        (FetchedAt, ETag, Source, IsStale) = (fetchedAt, etag, source, isStale);

    public void MarkStale() => IsStale = true;

    /// <summary>Puts or removes one item of a roster that the host keeps itself. An item that is put as it was is a change all the same (RFC 6121 §2.1.6).</summary>
    public RosterChangeSet Put(Jid jid, RosterItem? item)
    {
        var before = Roster.Find(jid.Bare);
        var items = Roster.Items.RemoveAll(each => each.Jid.Bare == jid.Bare);
        if (item is not null)
        {
            items = items.Insert(~items.BinarySearch(item, ByJid), item);
        }

        // What a hook once confirmed is no longer what is here: should it be asked again, its entity tag would be about another roster.
        (FetchedAt, ETag, Source, IsStale) = (null, null, null, false);
        var version = LastVersion().Next().ToString();
        var set = new RosterChangeSet(Roster.Version, [new(version, before, item)], new(version, items));
        Take(set);
        return set;
    }

    /// <summary>Whether the contact's request waits: "pending in", which is no roster item and which no version tells of (RFC 6121 §3.1.3).</summary>
    public bool HasRequest(Jid from) => _pending.Exists(each => each.From.Bare == from.Bare);

    /// <summary>Keeps a request until it is answered; false when there are too many.</summary>
    public bool TryKeepRequest(StanzaFrame stanza)
    {
        if (_pending.Count >= PendingRequestsMax || _pending.Sum(each => each.Xml.Length) + stanza.Xml.Length > PendingBytesMax)
        {
            return false;
        }

        _pending.Add(stanza);
        return true;
    }

    public void ForgetRequest(Jid from) => _pending.RemoveAll(each => each.From.Bare == from.Bare);

    /// <summary>The whole roster as if each contact had just been added, in versions that end with the present one.</summary>
    public RosterChangeSet FromNothing() =>
        RosterComparison.Compare(RosterSnapshot.Empty, Roster.Items, _version with { Number = _version.Number - Roster.Items.Length });

    public RosterChangeSet Since(string version) => _history.Since(version, Roster);

    private RosterVersion LastVersion() => _hasOwnEpoch ? _version : _version.WithNewEpoch();

    private void Take(RosterChangeSet set)
    {
        Roster = set.Roster;
        _version = RosterVersion.Parse(set.Roster.Version);
        _hasOwnEpoch = true;

        // What led from nothing to the first copy need not be kept: it is the copy itself.
        if (set.FromVersion != RosterSnapshot.Empty.Version)
        {
            _history.Add(set);
        }
    }
}
