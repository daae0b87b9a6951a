using System.Globalization;
using System.Security.Cryptography;

namespace Krewe.Grains.Rosters;

/// <summary>
/// The <c>ver</c> of a roster (RFC 6121 §2.6) as <c>epoch.n</c>. <paramref name="Number"/> counts each item's change and never goes back. The epoch is random and new
/// with the first change of each activation, so that a version which a crash kept from the disk never comes back with other content.
/// </summary>
internal readonly record struct RosterVersion(string Epoch, long Number)
{
    private const int EpochBytes = 4;

    /// <summary>The version of a roster that never had a contact.</summary>
    public static readonly RosterVersion Zero = new("0", 0);

    public RosterVersion Next() => this with { Number = Number + 1 };

    public RosterVersion WithNewEpoch() => this with { Epoch = RandomNumberGenerator.GetHexString(EpochBytes * 2, lowercase: true) };

    public static RosterVersion Parse(string text)
    {
        var dot = text.LastIndexOf('.');
        return dot > 0 && long.TryParse(text.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? new(text[..dot], number) : Zero;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Epoch}.{Number}");
}
