namespace Krewe.Frontend.Delegation.Nesting;

/// <summary>Which features a namespace has (XEP-0355 §7.2.1).</summary>
internal static class FeatureBoundary
{
    /// <summary>
    /// Whether a feature is the namespace, or one of its parts: its name goes on with <c>#</c> or <c>/</c>. A longer word, such as <c>urn:xmpp:mam:22</c> beside
    /// <c>urn:xmpp:mam:2</c>, is another namespace, and so is what stands behind a colon (specs D-083).
    /// </summary>
    public static bool Covers(string name, string feature) =>
        feature.StartsWith(name, StringComparison.Ordinal)
        && (feature.Length == name.Length || feature[name.Length] is '#' or '/' || name[^1] is '#' or '/');
}
