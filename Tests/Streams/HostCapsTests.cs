using System.Text.Json.Nodes;
using System.Xml.Linq;
using Krewe.Tests.Support;
using Krewe.Tests.Transcripts;

namespace Krewe.Tests.Streams;

/// <summary>Specs D-087: the hash in the stream features is of the host's disco#info as it is when they are sent, whatever is delegated and whoever is connected.</summary>
public sealed class HostCapsTests(LocalPathServer server) : IClassFixture<LocalPathServer>
{
    private static readonly XNamespace Info = "http://jabber.org/protocol/disco#info";
    private static readonly XNamespace Caps = "http://jabber.org/protocol/caps";

    private const string Host = "caps.example";
    private const string Component = "pubsub.caps.example";

    [Fact]
    public async Task Version_IsThatOfTheHostsAnswer_BeforeAndAfterTheComponentComes()
    {
        await server.Krewe.PutHostAsync(Host, new JsonObject
        {
            ["c2s_require_encryption"] = false,
            ["allow_unencrypted_plain_auth"] = true,
            ["delegations"] = new JsonObject { ["jabber:iq:version"] = new JsonObject { ["jid"] = Component } },
            ["components"] = new JsonObject { [Component] = new JsonObject { ["type"] = "external", ["component_secret"] = "secret" } },
        });
        await server.Krewe.PutAccountAsync(Host, "juliet");
        var (before, first) = await CapsAsync("first");
        Assert.Equal(EntityCaps.Hash(first), before);

        await using var component = await ConnectAsync("""
            <identity category='pubsub' type='service' xml:lang='el' name='Ψ'/><identity category='pubsub' type='service' name='P'/><identity category='a' type='b'/>
            <feature var='urn:z'/><feature var='urn:a'/><feature var='urn:a'/><feature var='urn:&#x10000;'/><feature var='urn:&#xFF5E;'/>
            <x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'><value>urn:second</value></field><field var='b'><value>2</value><value>1</value></field><field var='a'><value>&amp;</value></field></x>
            <x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'><value>urn:first</value></field><field var='c'/></x>
            """);
        var (after, second) = await CapsAsync("second");

        Assert.NotEqual(before, after);
        Assert.Contains(second.Elements(Info + "feature"), feature => (string?)feature.Attribute("var") == "urn:z");
        Assert.Equal(EntityCaps.Hash(second), after);

        var (old, error) = await AskAsync("third", before);
        Assert.Equal(after, old);
        Assert.Equal("error", (string?)error.Attribute("type"));
    }

    /// <summary>What the stream features name, and what the host says of it.</summary>
    private async Task<(string Version, XElement Query)> CapsAsync(string resource)
    {
        var (version, answer) = await AskAsync(resource, null);
        return (version, answer.Element(Info + "query")!);
    }

    private async Task<(string Version, XElement Answer)> AskAsync(string resource, string? version)
    {
        await using var juliet = new XmppActor(isByteByByte: false);
        await juliet.LogInAsync(server.Krewe.C2S, "juliet", Host, resource, Host);
        var caps = juliet.Features!.Element(Caps + "c")!;
        var node = $"{(string)caps.Attribute("node")!}#{version ?? (string)caps.Attribute("ver")!}";
        await juliet.SendAsync($"<iq type='get' id='caps' to='{Host}'><query xmlns='{Info}' node='{node}'/></iq>");
        return ((string)caps.Attribute("ver")!, (await juliet.ReceiveAsync())!);
    }

    private async Task<XmppActor> ConnectAsync(string info)
    {
        var component = new XmppActor(isByteByByte: false) { ContentNamespace = "jabber:component:accept" };
        await component.ConnectAsync(server.Krewe.Component);
        await component.ShakeHandsAsync(Component, "secret");
        var asked = await component.ReceiveAsync();
        while (asked?.Name.LocalName != "iq")
        {
            asked = await component.ReceiveAsync();
        }

        await component.SendAsync(
            $"<iq type='result' from='{Component}' to='{Host}' id='{(string)asked.Attribute("id")!}'><query xmlns='{Info}'>{info}</query></iq>");
        await component.FenceAsync();
        return component;
    }
}
