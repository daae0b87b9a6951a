namespace Krewe.Frontend.Iq;

/// <summary>XEP-0199: a ping to the host or to the own account.</summary>
internal sealed class PingHandler : IIqHandler
{
    public string Namespace => "urn:xmpp:ping";

    public string Name => "ping";

    public IqTarget Targets => IqTarget.Account | IqTarget.Host;

    public string Feature => Namespace;

    public bool NeedsPayload => false;

    public ValueTask HandleAsync(IqRequest request)
    {
        if (request.Type == Contracts.Stanzas.StanzaType.Get)
        {
            request.Confirm();
        }
        else
        {
            request.Refuse(Contracts.Stanzas.StanzaError.BadRequest);
        }

        return default;
    }
}
