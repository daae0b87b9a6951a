using System.Reflection;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Iq;

/// <summary>XEP-0092: the software's name and version; not the operating system's, which is nobody's business.</summary>
internal sealed class VersionHandler : IIqHandler
{
    private static readonly string Version = typeof(VersionHandler).Assembly.GetName().Version?.ToString(3) ?? "0";

    public string Namespace => "jabber:iq:version";

    public string Name => "query";

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

        request.Answer(static (ref XmppWriter xml) =>
        {
            xml.Raw("<query xmlns='jabber:iq:version'><name>Krewe</name><version>"u8);
            xml.Text(Version);
            xml.Raw("</version></query>"u8);
        });
        return default;
    }
}
