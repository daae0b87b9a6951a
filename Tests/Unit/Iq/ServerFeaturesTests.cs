using System.Text;
using System.Xml.Linq;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Components;
using Krewe.Frontend.Delegation.Nesting;
using Krewe.Frontend.Iq;
using Krewe.Tests.Support;

namespace Krewe.Tests.Unit.Iq;

/// <summary>disco#info of a host, and that its entity capabilities hash (XEP-0115 §5) is of exactly that.</summary>
public sealed class ServerFeaturesTests
{
    private static readonly HostFeatures Features = new ServerFeatures(
        new IqHandlers(HandlerTypes.All), new NestedDisco(new FakeHosts(), new ComponentRequests(new FakeTimeProvider()))).Of(HostSettings.Default("verona.example"));

    [Fact]
    public void CapsVersion_IsTheHashOfWhatDiscoInfoTells() => Assert.Equal(EntityCaps.Hash(HostInfo()), Features.CapsVersion);

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

        Assert.Equal("QgayPKawpkPSDYmwT/WM94uAlu0=", EntityCaps.Hash(exodus));
    }

    [Fact]
    public void Hash_OfTheSpecificationsExampleWithAForm_IsAsThere()
    {
        // XEP-0115 §5.3.
        var psi = XElement.Parse("""
            <query>
              <identity xml:lang='en' category='client' name='Psi 0.11' type='pc'/>
              <identity xml:lang='el' category='client' name='Ψ 0.11' type='pc'/>
              <feature var='http://jabber.org/protocol/caps'/>
              <feature var='http://jabber.org/protocol/disco#info'/>
              <feature var='http://jabber.org/protocol/disco#items'/>
              <feature var='http://jabber.org/protocol/muc'/>
              <x xmlns='jabber:x:data' type='result'>
                <field var='FORM_TYPE' type='hidden'><value>urn:xmpp:dataforms:softwareinfo</value></field>
                <field var='ip_version' type='text-multi'><value>ipv4</value><value>ipv6</value></field>
                <field var='os'><value>Mac</value></field>
                <field var='os_version'><value>10.5.1</value></field>
                <field var='software'><value>Psi</value></field>
                <field var='software_version'><value>0.11</value></field>
              </x>
            </query>
            """);

        Assert.Equal("q07IKJEyjvHSyhy//CH0CxmKi8w=", EntityCaps.Hash(psi));
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

    private static XElement HostInfo() => XElement.Parse($"<query>{Encoding.UTF8.GetString(Features.Host)}</query>");
}
