using System.Text;
using System.Text.Json.Nodes;
using Krewe.Tests.Support;
using Krewe.Tests.Transcripts;

namespace Krewe.Tests.Streams;

/// <summary>RFC 6120 §10.1: what one entity sends to another comes in the order in which it was sent, also when so much lies there that it is read in many turns.</summary>
public sealed class PiledUpStanzasTests(LocalPathServer server) : IClassFixture<LocalPathServer>
{
    private const int Stanzas = 300;

    private static int s_domains;

    private readonly string _domain = $"piled{Interlocked.Increment(ref s_domains)}.example";

    private KreweServer Krewe => server.Krewe;

    private string Component => $"c.{_domain}";

    [Fact]
    public async Task OfClientsAndComponents_AllAtOnce_EachComesInOrder()
    {
        await PutHostAsync();
        await using var component = new XmppActor(isByteByByte: false) { ContentNamespace = "jabber:component:accept" };
        await component.ConnectAsync(Krewe.Component);
        await component.ShakeHandsAsync(Component, "secret");
        var users = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => LogInAsync($"u{i}")));

        var sent = users.Select((user, i) => user.SendAsync(Messages(users[(i + 1) % users.Length].Jid!, "u", null)))
            .Append(component.SendAsync(Messages(users[0].Jid!, "c", Component)));
        await Task.WhenAll(sent).WaitAsync(Timeouts.Test);

        for (var i = 0; i < users.Length; i++)
        {
            var ids = new List<string>();
            while (ids.Count < (i == 0 ? 2 : 1) * Stanzas)
            {
                ids.Add((await users[i].ReceiveAsync())!.Attribute("id")!.Value);
            }

            var expected = Enumerable.Range(0, Stanzas).ToArray();
            Assert.Equal(expected.Select(static n => $"u{n}"), ids.Where(static id => id[0] == 'u'));
            Assert.Equal(i == 0 ? expected.Select(static n => $"c{n}") : [], ids.Where(static id => id[0] == 'c'));
            await users[i].DisposeAsync();
        }
    }

    [Fact]
    public async Task Requests_ThatWaitForSomethingBetweenOthers_AreAllAnswered()
    {
        await PutHostAsync();
        await using var juliet = await LogInAsync("juliet");
        var xml = new StringBuilder();
        for (var i = 0; i < Stanzas; i++)
        {
            xml.Append(i % 3 == 0 ? $"<iq type='get' id='q{i}'><query xmlns='jabber:iq:roster'/></iq>" : $"<iq type='get' id='q{i}'><ping xmlns='urn:xmpp:ping'/></iq>");
        }

        await juliet.SendAsync(xml.ToString());

        var ids = new HashSet<string>();
        while (ids.Count < Stanzas)
        {
            var answer = await juliet.ReceiveAsync();
            Assert.Equal("result", answer!.Attribute("type")!.Value);
            ids.Add(answer.Attribute("id")!.Value);
        }
    }

    private static string Messages(string to, string id, string? from)
    {
        var xml = new StringBuilder();
        for (var i = 0; i < Stanzas; i++)
        {
            xml.Append($"<message to='{to}' id='{id}{i}' type='chat'{(from is null ? "" : $" from='{from}'")}><body>{i}</body></message>");
        }

        return xml.ToString();
    }

    private Task PutHostAsync() => Krewe.PutHostAsync(_domain, new JsonObject
    {
        ["c2s_require_encryption"] = false,
        ["allow_unencrypted_plain_auth"] = true,
        ["limits"] = new JsonObject { ["stanzas_per_second"] = 0, ["bytes_per_second"] = 0 },
        ["components"] = new JsonObject { [Component] = new JsonObject { ["type"] = "external", ["component_secret"] = "secret" } },
    });

    private async Task<XmppActor> LogInAsync(string user)
    {
        await Krewe.PutAccountAsync(_domain, user);
        var actor = new XmppActor(isByteByByte: false);
        await actor.LogInAsync(Krewe.C2S, user, _domain, "r", _domain);
        return actor;
    }
}
