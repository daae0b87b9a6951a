namespace Krewe.Contracts.Usage;

/// <summary>The names of counters. They are stored and shown: permanent.</summary>
public static class UsageCounters
{
    public const string StanzasReceived = "stanzas_received";

    public const string StanzasSent = "stanzas_sent";

    /// <summary>Of the clients' stanzas, before TLS.</summary>
    public const string BytesReceived = "bytes_received";

    public const string BytesSent = "bytes_sent";

    public const string ComponentStanzasReceived = "component_stanzas_received";

    public const string ComponentStanzasSent = "component_stanzas_sent";

    public const string ComponentBytesReceived = "component_bytes_received";

    public const string ComponentBytesSent = "component_bytes_sent";

    public const string Logins = "logins";

    /// <summary>Messages that had to be kept for somebody who was away (XEP-0160).</summary>
    public const string MessagesStored = "messages_stored";

    /// <summary>Before a hook's name, a dot and the kind of outcome: <c>hook_calls.roster.answered</c>.</summary>
    public const string HookCalls = "hook_calls.";
}
