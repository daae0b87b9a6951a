using System.Text;

namespace Krewe.Grains.Hosts;

/// <summary>The order of the UTF-8 forms, which is the order of code points and of the storage's lists; UTF-16 has another one beyond U+FFFF.</summary>
internal sealed class Utf8Order : IComparer<string>
{
    public static readonly Utf8Order Comparer = new();

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
