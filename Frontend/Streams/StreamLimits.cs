namespace Krewe.Frontend.Streams;

/// <summary>What one stream may ask of the parser before it is closed with <c>policy-violation</c> (RFC 6120 §13.12).</summary>
internal sealed record StreamLimits
{
    public static readonly StreamLimits Default = new();

    /// <summary>
    /// A component's: it hands on what clients sent inside stanzas of its own, as in an answer for a host (XEP-0355 §4.3) or a forwarded message (XEP-0356 §5), and must not lose its
    /// stream because some client's stanza was as deep as a client's may be.
    /// </summary>
    public static readonly StreamLimits OfComponents = new() { DepthMax = Default.DepthMax + EnclosureDepthMax };

    /// <summary>Elements that a component may put around what a client sent: those of both XEPs, one in the other, and of a notification.</summary>
    private const int EnclosureDepthMax = 16;

    /// <summary>RFC 6120 §13.12 requires at least this for stanzas.</summary>
    public const int StanzaBytesFloor = 10_000;

    /// <summary>Bytes of one first-level element, after authentication. Prosody's default for clients.</summary>
    public int StanzaBytesMax { get; init; } = 262_144;

    /// <summary>Elements in each other. Rich text in a forwarded message in an archive's answer stays below 40.</summary>
    public int DepthMax { get; init; } = 128;

    /// <summary>Attributes, namespace declarations included, of one element. No registered extension has more than 20.</summary>
    public int AttributesMax { get; init; } = 64;

    /// <summary>Bytes of one attribute's value. The longest in use are thumbnails as data: URIs (XEP-0264).</summary>
    public int AttributeBytesMax { get; init; } = 65_536;

    /// <summary>Bytes of a name with its prefix. Bounds also what is read again when a name arrives in pieces.</summary>
    public int NameBytesMax { get; init; } = 256;

    /// <summary>All bytes that a peer may send before it is authenticated: a negotiation with SCRAM takes about 2 KB, a client certificate's more.</summary>
    public int PreAuthBytesMax { get; init; } = 16_384;
}
