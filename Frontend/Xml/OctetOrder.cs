using System.Text;

namespace Krewe.Frontend.Xml;

/// <summary>The collation <c>i;octet</c> (RFC 4790 §9.3): the order of the UTF-8 forms, which beyond U+FFFF is not that of UTF-16.</summary>
internal sealed class OctetOrder : IComparer<string?>
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
