using System.Text;

namespace Krewe.Contracts.Addressing;

/// <summary>The collation <c>i;octet</c> (RFC 4790 §9.3): the order of the UTF-8 forms, which is that of the storage's lists; UTF-16 has another one beyond U+FFFF.</summary>
public sealed class OctetOrder : IComparer<string?>
{
    public static readonly OctetOrder Comparer = new();

    public int Compare(string? x, string? y)
    {
        var left = (x ?? "").EnumerateRunes();
        var right = (y ?? "").EnumerateRunes();
        while (true)
        {
            var (hasLeft, hasRight) = (left.MoveNext(), right.MoveNext());
            if (!hasLeft || !hasRight)
            {
                return hasLeft.CompareTo(hasRight);
            }

            if (left.Current.CompareTo(right.Current) is var order && order != 0)
            {
                return order;
            }
        }
    }
}
