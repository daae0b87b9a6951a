using System.Collections.Immutable;
using Krewe.Frontend.Iq;

namespace Krewe.Frontend.Delegation.Nesting;

/// <param name="Entity">The address that was asked: the component's domain, or the user's full JID.</param>
/// <param name="IsBare">Of the host's accounts (XEP-0355 §7.2.2); else of the host itself (§7.2.1).</param>
internal readonly record struct NestingKey(string Entity, string Namespace, bool IsBare);

/// <summary>What managing entities tell of one host, as it is now: for each of them and each namespace apart (specs D-086). A change makes a new one.</summary>
internal sealed class HostNesting
{
    public static readonly HostNesting None = new(ImmutableDictionary<NestingKey, DiscoInfo>.Empty);

    private HostNesting(ImmutableDictionary<NestingKey, DiscoInfo> entries) => Entries = entries;

    public ImmutableDictionary<NestingKey, DiscoInfo> Entries { get; }

    /// <param name="info">Nothing, to take out what was there.</param>
    public HostNesting With(NestingKey key, DiscoInfo info)
    {
        var entries = info.IsEmpty ? Entries.Remove(key) : Entries.SetItem(key, info);
        return entries == Entries ? this : entries.IsEmpty ? None : new(entries);
    }

    public HostNesting Without(string entity)
    {
        var entries = Entries.RemoveRange(Entries.Keys.Where(key => key.Entity == entity));
        return entries == Entries ? this : entries.IsEmpty ? None : new(entries);
    }
}
