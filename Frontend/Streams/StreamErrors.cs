using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Krewe.Frontend.Streams;

/// <summary>The defined conditions of a stream error (RFC 6120 §4.9.3), in its order.</summary>
internal enum StreamErrorCondition : byte
{
    BadFormat,
    BadNamespacePrefix,
    Conflict,
    ConnectionTimeout,
    HostGone,
    HostUnknown,
    ImproperAddressing,
    InternalServerError,
    InvalidFrom,
    InvalidNamespace,
    InvalidXml,
    NotAuthorized,
    NotWellFormed,
    PolicyViolation,
    RemoteConnectionFailed,
    Reset,
    ResourceConstraint,
    RestrictedXml,
    SeeOtherHost,
    SystemShutdown,
    UndefinedCondition,
    UnsupportedEncoding,
    UnsupportedFeature,
    UnsupportedStanzaType,
    UnsupportedVersion,
}

/// <summary>How the conditions of RFC 6120 §4.9.3 are spelled.</summary>
internal static class StreamErrorConditions
{
    public static ReadOnlySpan<byte> ToUtf8(this StreamErrorCondition condition) => condition switch
    {
        StreamErrorCondition.BadFormat => "bad-format"u8,
        StreamErrorCondition.BadNamespacePrefix => "bad-namespace-prefix"u8,
        StreamErrorCondition.Conflict => "conflict"u8,
        StreamErrorCondition.ConnectionTimeout => "connection-timeout"u8,
        StreamErrorCondition.HostGone => "host-gone"u8,
        StreamErrorCondition.HostUnknown => "host-unknown"u8,
        StreamErrorCondition.ImproperAddressing => "improper-addressing"u8,
        StreamErrorCondition.InternalServerError => "internal-server-error"u8,
        StreamErrorCondition.InvalidFrom => "invalid-from"u8,
        StreamErrorCondition.InvalidNamespace => "invalid-namespace"u8,
        StreamErrorCondition.InvalidXml => "invalid-xml"u8,
        StreamErrorCondition.NotAuthorized => "not-authorized"u8,
        StreamErrorCondition.NotWellFormed => "not-well-formed"u8,
        StreamErrorCondition.PolicyViolation => "policy-violation"u8,
        StreamErrorCondition.RemoteConnectionFailed => "remote-connection-failed"u8,
        StreamErrorCondition.Reset => "reset"u8,
        StreamErrorCondition.ResourceConstraint => "resource-constraint"u8,
        StreamErrorCondition.RestrictedXml => "restricted-xml"u8,
        StreamErrorCondition.SeeOtherHost => "see-other-host"u8,
        StreamErrorCondition.SystemShutdown => "system-shutdown"u8,
        StreamErrorCondition.UndefinedCondition => "undefined-condition"u8,
        StreamErrorCondition.UnsupportedEncoding => "unsupported-encoding"u8,
        StreamErrorCondition.UnsupportedFeature => "unsupported-feature"u8,
        StreamErrorCondition.UnsupportedStanzaType => "unsupported-stanza-type"u8,
        StreamErrorCondition.UnsupportedVersion => "unsupported-version"u8,
        _ => throw new UnreachableException(),
    };

    /// <summary>For logs and metric tags.</summary>
    public static string ToName(this StreamErrorCondition condition) => Encoding.ASCII.GetString(condition.ToUtf8());
}

/// <summary>
/// The peer broke the stream (RFC 6120 §4.9): whoever owns the connection writes the error and closes.
/// A refused stanza is a <see cref="Krewe.Contracts.Stanzas.StanzaError"/> instead.
/// </summary>
internal sealed class StreamException(StreamErrorCondition condition, string? text = null)
    : Exception(text is null ? condition.ToName() : $"{condition.ToName()}: {text}")
{
    public StreamErrorCondition Condition { get; } = condition;

    /// <summary>What the peer may read beside the condition; null when the condition says it all.</summary>
    public string? Text { get; } = text;

    [DoesNotReturn]
    public static void Throw(StreamErrorCondition condition, string? text = null) => throw new StreamException(condition, text);
}
