using System.Globalization;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Iq;

/// <summary>XEP-0202: the host's time, in UTC.</summary>
internal sealed class TimeHandler(TimeProvider time) : IIqHandler
{
    public string Namespace => "urn:xmpp:time";

    public string Name => "time";

    public IqTarget Targets => IqTarget.Host | IqTarget.RoomService;

    public string Feature => Namespace;

    public bool NeedsPayload => false;

    public ValueTask HandleAsync(IqRequest request)
    {
        if (request.Type == StanzaType.Set)
        {
            request.Refuse(StanzaError.BadRequest);
            return default;
        }

        var now = time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        request.Answer((ref XmppWriter xml) =>
        {
            xml.Raw("<time xmlns='urn:xmpp:time'><tzo>+00:00</tzo><utc>"u8);
            xml.Text(now);
            xml.Raw("</utc></time>"u8);
        });
        return default;
    }
}
