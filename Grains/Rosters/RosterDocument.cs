using System.Collections.Immutable;
using System.Text.Json;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Rosters;
using Krewe.Grains.Outbound;

namespace Krewe.Grains.Rosters;

/// <summary>
/// A tenant's roster document: an object of contact JID → entry, read straight from its bytes. A bad entry is skipped and named; the others stand.
/// </summary>
/// <param name="Items">Sorted ordinally by bare JID.</param>
/// <param name="Skipped">At most <see cref="SkippedNamedMax"/> of the entries that were left out.</param>
/// <param name="SkippedCount">How many were left out.</param>
/// <param name="IsEmpty">The document itself has no entries, so that an empty roster is what the tenant means.</param>
internal sealed record RosterDocument(ImmutableArray<RosterItem> Items, ImmutableArray<SkippedEntry> Skipped, int SkippedCount, bool IsEmpty)
{
    public const int SkippedNamedMax = 100;

    /// <summary>How much of a bad key is repeated to whoever has to find it.</summary>
    private const int SkippedKeyCharsMax = 256;

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>
    /// Reads a document; null when it is no JSON object (an empty array counts as an empty object).
    /// </summary>
    /// <param name="owner">Whose roster it is: no contact of himself.</param>
    /// <param name="itemsMax">Entries after this many are skipped; 0 for no limit.</param>
    /// <param name="last">The last good roster: a contact whose entry turned bad stays in its form there.</param>
    public static RosterDocument? Parse(ReadOnlySpan<byte> utf8, Jid owner, int itemsMax, RosterSnapshot last)
    {
        if (utf8.StartsWith(ByteOrderMark))
        {
            utf8 = utf8[ByteOrderMark.Length..];
        }

        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = HookBody.JsonDepthMax });
        try
        {
            reader.Read();
            return reader.TokenType switch
            {
                JsonTokenType.StartObject => new Reading(owner, itemsMax, last).Read(ref reader),
                JsonTokenType.StartArray when reader.Read() && reader.TokenType == JsonTokenType.EndArray && !reader.Read() => new([], [], 0, true),
                _ => null,
            };
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private sealed class Reading(Jid owner, int itemsMax, RosterSnapshot last)
    {
        private readonly List<RosterItem> _items = [];
        private readonly List<RosterItem> _kept = [];
        private readonly ImmutableArray<SkippedEntry>.Builder _skipped = ImmutableArray.CreateBuilder<SkippedEntry>();
        private int _skippedCount;

        public RosterDocument Read(ref Utf8JsonReader reader)
        {
            var entries = 0;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                entries++;
                ReadEntry(ref reader);
            }

            // Nothing may follow the object: the reader throws if something does.
            reader.Read();
            return new(Sorted(), _skipped.DrainToImmutable(), _skippedCount, entries == 0);
        }

        private void ReadEntry(ref Utf8JsonReader reader)
        {
            var key = RosterEntry.Text(ref reader);
            reader.Read();
            var jid = Jid.TryParse(key, out var parsed) ? parsed.ToBare() : null;
            var isOwn = jid is not null && jid.Bare == owner.Bare;
            RosterItem? item = null;
            string? reason;
            if (jid is null || isOwn)
            {
                reader.Skip();
                reason = isOwn ? "the roster's own JID" : "bad JID";
            }
            else
            {
                reason = RosterEntry.Read(ref reader, jid, out item);
            }

            if (item is not null && itemsMax > 0 && _items.Count >= itemsMax)
            {
                (item, jid, reason) = (null, null, $"more than {itemsMax} contacts");
            }

            if (item is not null)
            {
                _items.Add(item);
                return;
            }

            if (!isOwn && jid is not null && last.Find(jid.Bare) is { } good)
            {
                _kept.Add(good);
            }

            _skippedCount++;
            if (_skipped.Count < SkippedNamedMax)
            {
                _skipped.Add(new(key is { Length: > SkippedKeyCharsMax } ? key[..SkippedKeyCharsMax] : key ?? "", reason!));
            }
        }

        private ImmutableArray<RosterItem> Sorted()
        {
            // Kept ones first: an entry of this very document goes before them, and a later one before an earlier.
            RosterItem[] all = [.. _kept, .. _items];
            var order = new int[all.Length];
            for (var i = 0; i < order.Length; i++)
            {
                order[i] = i;
            }

            Array.Sort(order, (x, y) => string.CompareOrdinal(all[x].Jid.Bare, all[y].Jid.Bare) is var difference && difference != 0 ? difference : x - y);
            var sorted = ImmutableArray.CreateBuilder<RosterItem>(all.Length);
            foreach (var index in order)
            {
                if (sorted.Count > 0 && sorted[^1].Jid.Bare == all[index].Jid.Bare)
                {
                    sorted[^1] = all[index];
                }
                else
                {
                    sorted.Add(all[index]);
                }
            }

            return sorted.DrainToImmutable();
        }
    }
}
