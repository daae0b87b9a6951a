using Krewe.Frontend.Delegation.Nesting;

namespace Krewe.Tests.Unit.Delegation;

/// <summary>XEP-0355 §7.2.1, specs D-083: which of the server's own features a delegated namespace takes with it.</summary>
public sealed class FeatureBoundaryTests
{
    [Theory]
    [InlineData("urn:xmpp:mam:2", "urn:xmpp:mam:2", true)]
    [InlineData("urn:xmpp:mam:2", "urn:xmpp:mam:2#extended", true)]
    [InlineData("urn:xmpp:mam:2", "urn:xmpp:mam:22", false)]
    [InlineData("urn:xmpp:mam:2", "urn:xmpp:mam:2x", false)]
    [InlineData("urn:xmpp:mam", "urn:xmpp:mam:2", false)]
    [InlineData("http://jabber.org/protocol/pubsub", "http://jabber.org/protocol/pubsub#publish", true)]
    [InlineData("http://jabber.org/protocol/pubsub", "http://jabber.org/protocol/pubsub/more", true)]
    [InlineData("http://jabber.org/protocol/pubsub", "http://jabber.org/protocol/pubsub2", false)]
    [InlineData("http://jabber.org/protocol/pubsub#owner", "http://jabber.org/protocol/pubsub", false)]
    [InlineData("http://example.org/", "http://example.org/anything", true)]
    [InlineData("http://example.org#", "http://example.org#anything", true)]
    [InlineData("jabber:iq:version", "JABBER:IQ:VERSION", false)]
    public void Namespace_CoversItselfAndItsParts(string name, string feature, bool isCovered) => Assert.Equal(isCovered, FeatureBoundary.Covers(name, feature));
}
