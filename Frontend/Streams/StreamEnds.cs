using Krewe.Contracts.Sessions;

namespace Krewe.Frontend.Streams;

/// <summary>The silo's reasons as stream errors (RFC 6120 §4.9.3).</summary>
internal static class StreamEnds
{
    public static StreamErrorCondition ToStreamError(this StreamEnd end) => end switch
    {
        StreamEnd.Conflict => StreamErrorCondition.Conflict,
        StreamEnd.HostGone => StreamErrorCondition.HostGone,
        StreamEnd.PolicyViolation => StreamErrorCondition.PolicyViolation,
        StreamEnd.NotAuthorized => StreamErrorCondition.NotAuthorized,
        StreamEnd.SystemShutdown => StreamErrorCondition.SystemShutdown,
        _ => StreamErrorCondition.Reset,
    };
}
