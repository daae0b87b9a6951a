using Krewe.Contracts.Stanzas;

namespace Krewe.Frontend.Iq;

/// <summary>RFC 6120 §7: a stream has one resource; a second bind is refused (specs S-090).</summary>
internal sealed class BindHandler : IIqHandler
{
    public string Namespace => "urn:ietf:params:xml:ns:xmpp-bind";

    public string Name => "bind";

    public IqTarget Targets => IqTarget.Account | IqTarget.Host;

    public string? Feature => null;

    public bool NeedsPayload => false;

    public ValueTask HandleAsync(IqRequest request)
    {
        request.Refuse(StanzaError.NotAllowed);
        return default;
    }
}
