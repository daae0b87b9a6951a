namespace Krewe.Frontend.Iq;

/// <summary>XEP-0199: a ping to the host, to the own account, to a room service or to a room.</summary>
internal sealed class PingHandler : IIqHandler
{
    public string Namespace => "urn:xmpp:ping";

    public string Name => "ping";

    public IqTarget Targets => IqTarget.Account | IqTarget.Host | IqTarget.RoomService | IqTarget.Room;

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
