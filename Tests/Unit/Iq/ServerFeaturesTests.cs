using System.Text;
using System.Xml.Linq;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Delegation.ClientMode;
using Krewe.Frontend.Delegation.Nesting;
using Krewe.Frontend.Entities;
using Krewe.Frontend.Delivery;
using Krewe.Frontend.Iq;
using Krewe.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Tests.Unit.Iq;

/// <summary>disco#info of a host, and that its entity capabilities hash (XEP-0115 §5) is of exactly that.</summary>
public sealed class ServerFeaturesTests
{
    private static readonly HostSettings Verona = HostSettings.Default("verona.example");

    private static readonly ServerFeatures Server = Make();

    private static readonly HostFeatures Features = Server.Of(Verona);

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
        Assert.All(HandlerTypes.All.Select(handler => handler.Feature).OfType<string>().Except(OfDelegation), feature => Assert.Contains(feature, features));
        Assert.Empty(features.Intersect(OfDelegation));
        Assert.Contains("msgoffline", features);
    }

    [Fact]
    public void Host_ThatDelegates_OrHasAComponentToDelegateTo_SaysSo()
    {
        var delegates = Verona with { Delegations = [new DelegationGrant { Namespace = "urn:example", Entity = Jid.Parse("pubsub.verona.example") }] };
        var old = new ExternalComponentSettings { Domain = "old.verona.example", Secret = "secret", DelegationNs = 1 };

        Assert.Equal(["http://jabber.org/protocol/commands", "urn:xmpp:delegation:2"], FeaturesOf(delegates).Intersect(OfDelegation));
        Assert.Equal(OfDelegation, FeaturesOf(Verona with { Components = Verona.Components.Add(old.Domain, old) }).Intersect(OfDelegation));
    }

    [Fact]
    public void Host_WithAGrantToAWebService_TellsOfItsNamespace_AndNotOfItsOwnParts()
    {
        var host = Verona with { Delegations = [new DelegationGrant { Namespace = "jabber:iq:version", Url = "http://127.0.0.1/" }, new DelegationGrant { Namespace = "urn:example", Url = "http://127.0.0.1/" }] };

        Assert.Equal(1, FeaturesOf(host).Count(feature => feature == "jabber:iq:version"));
        Assert.Contains("urn:example", FeaturesOf(host));
    }

    [Fact]
    public void Features_AreMadeOnceForEachStateOfAHost()
    {
        var delegates = Verona with { Delegations = [new DelegationGrant { Namespace = "urn:example", Entity = Jid.Parse("pubsub.verona.example") }] };

        Assert.Same(Server.Of(delegates), Server.Of(delegates));
        Assert.NotSame(Server.Of(delegates), Server.Of(delegates with { Version = 2 }));
        Assert.Same(Features, Server.Of(HostSettings.Default("elsinore.example")));
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

    private static readonly string[] OfDelegation = ["http://jabber.org/protocol/commands", "urn:xmpp:delegation:1", "urn:xmpp:delegation:2"];

    private static ServerFeatures Make()
    {
        var hosts = new FakeHosts();
        var time = new FakeTimeProvider();
        var grants = new ClientGrants(GrainFactoryDouble.Create().Factory, hosts, new SessionTable(), time, NullLogger<ClientGrants>.Instance);
        return new ServerFeatures(new IqHandlers(HandlerTypes.All), new NestedDisco(hosts, new GrantingHosts(hosts), new EntityRequests(time)), grants);
    }

    private static string[] FeaturesOf(HostSettings host) =>
        [.. XElement.Parse($"<query>{Encoding.UTF8.GetString(Server.Of(host).Host)}</query>").Elements("feature").Select(feature => (string)feature.Attribute("var")!)];

    private static XElement HostInfo() => XElement.Parse($"<query>{Encoding.UTF8.GetString(Features.Host)}</query>");
}
