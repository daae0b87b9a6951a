using Microsoft.Extensions.Logging;

namespace Krewe.Frontend.Streams;

/// <summary>What is logged of streams: never a stanza, a password or, above Debug, a JID.</summary>
internal sealed partial class StreamLog(ILogger log)
{
    [LoggerMessage(2001, LogLevel.Debug, "Stream {Connection} of {Host} closed: {Reason}")]
    public partial void StreamClosed(string connection, string host, string reason);

    [LoggerMessage(2002, LogLevel.Error, "Stream {Connection} of {Host} failed")]
    public partial void StreamFailed(string connection, string host, Exception exception);

    [LoggerMessage(2003, LogLevel.Debug, "Connection {Connection} was lost: {Reason}")]
    public partial void ConnectionLost(string connection, string reason);

    [LoggerMessage(2004, LogLevel.Debug, "{Jid} bound on connection {Connection}")]
    public partial void Bound(string connection, string jid);

    [LoggerMessage(2005, LogLevel.Warning, "A roster of {Host} could not be loaded; presence goes to the user's own resources for now")]
    public partial void RosterUnavailable(string host);

    [LoggerMessage(2006, LogLevel.Error, "A step of stream {Connection} of {Host} failed")]
    public partial void StepFailed(string connection, string host, Exception exception);

    [LoggerMessage(2007, LogLevel.Information, "A component of {Host} is connected on {Connection}")]
    public partial void ComponentConnected(string connection, string host);

    [LoggerMessage(2008, LogLevel.Warning, "A component of {Host} did not prove its secret on {Connection}")]
    public partial void HandshakeFailed(string connection, string host);
}
