using Krewe.Contracts.Stanzas;

namespace Krewe.Frontend.Observability;

/// <summary>
/// What one host's streams did, for metrics and for bills. A stream asks <see cref="FrontendInstruments.Host"/> for it once and then counts without tags or look-ups.
/// </summary>
internal sealed class HostCounters(string host)
{
    private const int Kinds = 3;
    private const int Pauses = 2 * Kinds;
    private const int BytesIn = Pauses + 1;
    private const int BytesOut = BytesIn + 1;
    private const int Logins = BytesOut + 1;
    private const int Stored = Logins + 1;
    private const int Cells = Stored + 1;

    private readonly StripedCounters _cells = new(Cells);
    private long _sessionsPeak;

    public string Host => host;

    public long AllReceived => Received(StanzaKind.Message) + Received(StanzaKind.Presence) + Received(StanzaKind.Iq);

    public long AllSent => Sent(StanzaKind.Message) + Sent(StanzaKind.Presence) + Sent(StanzaKind.Iq);

    public long PausesSoFar => _cells.Read(Pauses);

    public long BytesReceivedSoFar => _cells.Read(BytesIn);

    public long BytesSentSoFar => _cells.Read(BytesOut);

    public long LoginsSoFar => _cells.Read(Logins);

    public long MessagesStoredSoFar => _cells.Read(Stored);

    /// <summary>The most sessions at a time since it was last taken.</summary>
    public long SessionsPeak => Volatile.Read(ref _sessionsPeak);

    public void StanzaReceived(StanzaKind kind) => _cells.Add((int)kind);

    public void StanzaSent(StanzaKind kind) => _cells.Add(Kinds + (int)kind);

    public void BytesReceived(int bytes) => _cells.Add(BytesIn, bytes);

    public void BytesSent(int bytes) => _cells.Add(BytesOut, bytes);

    public void LoggedIn() => _cells.Add(Logins);

    public void MessageStored() => _cells.Add(Stored);

    /// <summary>A stream was not read from for a while, because its sender or its host was over its share.</summary>
    public void Paused() => _cells.Add(Pauses);

    /// <summary>There are so many sessions now.</summary>
    public void NoteSessions(int count)
    {
        var known = SessionsPeak;
        while (count > known && Interlocked.CompareExchange(ref _sessionsPeak, count, known) is var seen && seen != known)
        {
            known = seen;
        }
    }

    /// <summary>The peak, which begins anew.</summary>
    public long TakeSessionsPeak(int count) => Interlocked.Exchange(ref _sessionsPeak, count);

    public long Received(StanzaKind kind) => _cells.Read((int)kind);

    public long Sent(StanzaKind kind) => _cells.Read(Kinds + (int)kind);
}
