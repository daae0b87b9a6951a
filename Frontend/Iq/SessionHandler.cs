namespace Krewe.Frontend.Iq;

/// <summary>RFC 3921 §3: older clients ask for a "session" after binding. It means nothing any more, and is answered.</summary>
internal sealed class SessionHandler : IIqHandler
{
    public string Namespace => "urn:ietf:params:xml:ns:xmpp-session";

    public string Name => "session";

    public IqTarget Targets => IqTarget.Account | IqTarget.Host;

    public string? Feature => null;

    public bool NeedsPayload => false;

    public ValueTask HandleAsync(IqRequest request)
    {
        request.Confirm();
        return default;
    }
}
