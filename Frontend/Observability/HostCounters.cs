using Krewe.Contracts.Stanzas;

namespace Krewe.Frontend.Observability;

/// <summary>One host's stanzas. A stream asks <see cref="FrontendInstruments.Host"/> for it once and then counts without tags or look-ups.</summary>
internal sealed class HostCounters(string host)
{
    private const int Kinds = 3;

    private readonly StripedCounters _cells = new(2 * Kinds);

    public string Host => host;

    public void StanzaReceived(StanzaKind kind) => _cells.Add((int)kind);

    public void StanzaSent(StanzaKind kind) => _cells.Add(Kinds + (int)kind);

    public long Received(StanzaKind kind) => _cells.Read((int)kind);

    public long Sent(StanzaKind kind) => _cells.Read(Kinds + (int)kind);
}
