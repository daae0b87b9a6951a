using Krewe.Contracts.Stanzas;

namespace Krewe.Frontend.Observability;

/// <summary>One host's stanzas. A stream asks <see cref="FrontendInstruments.Host"/> for it once and then counts without tags or look-ups.</summary>
internal sealed class HostCounters(string host)
{
    private const int Kinds = 3;

    private const int Pauses = 2 * Kinds;
    private const int Cells = Pauses + 1;

    private readonly StripedCounters _cells = new(Cells);

    public string Host => host;

    public void StanzaReceived(StanzaKind kind) => _cells.Add((int)kind);

    public void StanzaSent(StanzaKind kind) => _cells.Add(Kinds + (int)kind);

    /// <summary>A stream was not read from for a while, because its sender or its host was over its share.</summary>
    public void Paused() => _cells.Add(Pauses);

    public long PausesSoFar => _cells.Read(Pauses);

    public long Received(StanzaKind kind) => _cells.Read((int)kind);

    public long Sent(StanzaKind kind) => _cells.Read(Kinds + (int)kind);
}
