using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Krewe.Frontend.Iq;
using Krewe.Frontend.Xml;

namespace Krewe.Tests.Unit.Iq;

/// <summary>disco#info of a host, and that its entity capabilities hash (XEP-0115 §5) is of exactly that.</summary>
public sealed class ServerFeaturesTests
{
    private static readonly ServerFeatures Features = new(new IqHandlers(HandlerTypes.All));

    [Fact]
    public void CapsVersion_IsTheHashOfWhatDiscoInfoTells() => Assert.Equal(Hash(HostInfo()), Features.CapsVersion);

    [Fact]
    public void Hash_OfTheSpecificationsExample_IsAsThere()
    {
        // XEP-0115 §5.2, which keeps the computation of this test honest.
        var exodus = XElement.Parse("""
            <query>
              <identity category='client' name='Exodus 0.9.1' type='pc'/>
              <feature var='http://jabber.org/protocol/muc'/>
              <feature var='http://jabber.org/protocol/caps'/>
              <feature var='http://jabber.org/protocol/disco#items'/>
              <feature var='http://jabber.org/protocol/disco#info'/>
            </query>
            """);

        Assert.Equal("QgayPKawpkPSDYmwT/WM94uAlu0=", Hash(exodus));
    }

    [Fact]
    public void Host_IsAnImServer_WithEveryHandlersFeatureOnce()
    {
        var info = HostInfo();
        var features = info.Elements("feature").Select(feature => (string)feature.Attribute("var")!).ToArray();

        var identity = Assert.Single(info.Elements("identity"));
        Assert.Equal(("server", "im"), ((string?)identity.Attribute("category"), (string?)identity.Attribute("type")));
        Assert.Equal(features.Distinct(), features);
        Assert.All(HandlerTypes.All.Select(handler => handler.Feature).OfType<string>(), feature => Assert.Contains(feature, features));
        Assert.Contains("msgoffline", features);
    }

    [Fact]
    public void Handlers_AreFoundByTheirPayloadAndTarget_AndEachIsTheOnlyOne()
    {
        var handlers = new IqHandlers(HandlerTypes.All);
        Assert.NotEmpty(HandlerTypes.All);
        foreach (var handler in HandlerTypes.All)
        {
            foreach (var target in Enum.GetValues<IqTarget>())
            {
                var found = handlers.Find(Encoding.UTF8.GetBytes(handler.Namespace), Encoding.UTF8.GetBytes(handler.Name), target);
                Assert.True(((handler.Targets & target) != 0) == ReferenceEquals(handler, found), $"{handler.Namespace} for {target}");
            }

            Assert.Null(handlers.Find(Encoding.UTF8.GetBytes(handler.Namespace + "x"), Encoding.UTF8.GetBytes(handler.Name), IqTarget.Account));
        }
    }

    private static XElement HostInfo()
    {
        var output = new ArrayBufferWriter<byte>();
        var xml = new XmppWriter(output);
        Features.WriteHost(ref xml);
        return XElement.Parse($"<query>{Encoding.UTF8.GetString(output.WrittenSpan)}</query>");
    }

    /// <summary>XEP-0115 §5.1, step by step, from the XML that a client sees.</summary>
    private static string Hash(XElement info)
    {
        var identities = info.Elements("identity").Select(identity =>
            $"{(string?)identity.Attribute("category")}/{(string?)identity.Attribute("type")}/{(string?)identity.Attribute(XNamespace.Xml + "lang")}/{(string?)identity.Attribute("name")}<");
        var features = info.Elements("feature").Select(feature => $"{(string?)feature.Attribute("var")}<");
        var text = string.Concat(identities.Order(StringComparer.Ordinal).Concat(features.Order(StringComparer.Ordinal)));
#pragma warning disable CA5350 // XEP-0115 names SHA-1
        return Convert.ToBase64String(SHA1.HashData(Encoding.UTF8.GetBytes(text)));
#pragma warning restore CA5350
    }
}
