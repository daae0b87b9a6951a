using System.Diagnostics.CodeAnalysis;

namespace Krewe.Frontend.Observability;

/// <summary>The tags of one series, kept. Looked up by the span that a measurement brings, so that measuring allocates nothing.</summary>
internal sealed class TagSet(ReadOnlySpan<KeyValuePair<string, object?>> tags)
{
    /// <summary>The tag that is limited to the busiest hosts.</summary>
    public const string HostKey = "host";

    public static readonly TagSet Overflow = new([KeyValuePair.Create("overflow", (object?)"true")]);

    private readonly KeyValuePair<string, object?>[] _tags = tags.ToArray();

    public ReadOnlySpan<KeyValuePair<string, object?>> Tags => _tags;

    /// <summary>The host that the series is about, null when it is about none.</summary>
    public string? Host { get; } = FindHost(tags);

    private static string? FindHost(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var (key, value) in tags)
        {
            if (key == HostKey)
            {
                return value?.ToString();
            }
        }

        return null;
    }

    /// <summary>Equality by keys and values in their order; the same tags in another order meet again at exposition.</summary>
    public sealed class Comparer : IEqualityComparer<TagSet>, IAlternateEqualityComparer<ReadOnlySpan<KeyValuePair<string, object?>>, TagSet>
    {
        public bool Equals(TagSet? x, TagSet? y) => ReferenceEquals(x, y) || (x is not null && y is not null && Equals(x.Tags, y));

        public int GetHashCode([DisallowNull] TagSet obj) => GetHashCode(obj.Tags);

        public bool Equals(ReadOnlySpan<KeyValuePair<string, object?>> alternate, TagSet other)
        {
            if (alternate.Length != other._tags.Length)
            {
                return false;
            }

            for (var i = 0; i < alternate.Length; i++)
            {
                if (alternate[i].Key != other._tags[i].Key || !Equals(alternate[i].Value, other._tags[i].Value))
                {
                    return false;
                }
            }

            return true;
        }

        public int GetHashCode(ReadOnlySpan<KeyValuePair<string, object?>> alternate)
        {
            var hash = alternate.Length;
            foreach (var (_, value) in alternate)
            {
                hash = (hash * 31) + (value?.GetHashCode() ?? 0);
            }

            return hash;
        }

        public TagSet Create(ReadOnlySpan<KeyValuePair<string, object?>> alternate) => new(alternate);
    }
}
