namespace Krewe.Frontend.Privileges;

/// <summary>XEP-0356 §10: the namespace of each generation (specs P-060).</summary>
internal static class PrivilegeNamespaces
{
    public static ReadOnlySpan<byte> First => "urn:xmpp:privilege:1"u8;

    /// <summary>The first that knows IQs on behalf of users, and whether rosters are pushed.</summary>
    public static ReadOnlySpan<byte> Second => "urn:xmpp:privilege:2"u8;

    public static ReadOnlySpan<byte> Of(int generation) => generation == 1 ? First : Second;
}
