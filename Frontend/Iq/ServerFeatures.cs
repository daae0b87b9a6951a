using System.Security.Cryptography;
using System.Text;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Iq;

/// <summary>What a host tells of itself in disco#info, and the hash of it that stands in the stream features (XEP-0115 §5).</summary>
internal sealed class ServerFeatures
{
    public const string CapsNode = "urn:krewe:server";

    private const string IdentityName = "Krewe";

    private readonly string[] _features;

    public ServerFeatures(IqHandlers handlers)
    {
        _features = [.. handlers.Features.Append("msgoffline").Distinct().Order(StringComparer.Ordinal)];
        var verified = new StringBuilder($"server/im//{IdentityName}<");
        foreach (var feature in _features)
        {
            verified.Append(feature).Append('<');
        }

#pragma warning disable CA5350 // XEP-0115 names SHA-1; nothing secret hangs on it
        CapsVersion = Convert.ToBase64String(SHA1.HashData(Encoding.UTF8.GetBytes(verified.ToString())));
#pragma warning restore CA5350
    }

    public string CapsVersion { get; }

    public void WriteHost(ref XmppWriter xml)
    {
        xml.Raw("<identity category='server' type='im'"u8);
        xml.Attribute("name"u8, IdentityName);
        xml.Raw("/>"u8);
        foreach (var feature in _features)
        {
            WriteFeature(ref xml, feature);
        }
    }

    public static void WriteAccount(ref XmppWriter xml)
    {
        xml.Raw("<identity category='account' type='registered'/>"u8);
        WriteFeature(ref xml, "http://jabber.org/protocol/disco#info");
        WriteFeature(ref xml, "http://jabber.org/protocol/disco#items");
    }

    private static void WriteFeature(ref XmppWriter xml, string feature)
    {
        xml.Raw("<feature"u8);
        xml.Attribute("var"u8, feature);
        xml.Raw("/>"u8);
    }
}
