using System.Xml.Linq;

namespace Krewe.Tests.Defects;

/// <summary>prosody-modules §1.4: every form of the application's document, as the client sees it.</summary>
public sealed class RosterDocumentTests(RunningKrewe krewe) : IClassFixture<RunningKrewe>
{
    /// <summary>Body and roster, <c>%</c> standing for the host. An item reads <c>jid[name]subscription(groups)</c>.</summary>
    public static TheoryData<string, string> Documents => new()
    {
        { "{}", "" },
        { "[]", "" },
        { """{"bob@%":{}}""", "bob@% both()" },
        { """{"bob@%":[]}""", "bob@% both()" },
        { """{"bob@%":"both"}""", "bob@% both()" },
        { """{"bob@%":""}""", "bob@% both()" },
        { """{"bob@%":true}""", "bob@% both()" },
        { """{"bob@%":{"name":"Bob"}}""", "bob@%[Bob] both()" },
        { """{"bob@%":{"name":""}}""", "bob@%[] both()" },
        { """{"bob@%":{"name":null}}""", "bob@% both()" },
        { """{"bob@%":{"name":"Zo\u00eb \ud83d\ude00 <&> \"q\" 'a'"}}""", "bob@%[Zoë 😀 <&> \"q\" 'a'] both()" },
        { """{"bob@%":{"name":"a\nb\tc"}}""", "bob@%[a\nb\tc] both()" },
        { """{"bob@%":{"groups":{"A":true}}}""", "bob@% both(A)" },
        { """{"bob@%":{"groups":{"A":false,"B":null,"C":{"x":[1]}}}}""", "bob@% both(A,B,C)" },
        { """{"bob@%":{"groups":{"":true}}}""", "bob@% both()" },
        { """{"bob@%":{"groups":[]}}""", "bob@% both()" },
        { """{"bob@%":{"groups":["B","A","A"]}}""", "bob@% both(A,B)" },
        { """{"bob@%":{"groups":null}}""", "bob@% both()" },
        { """{"bob@%":{"subscription":"both"}}""", "bob@% both()" },
        { """{"bob@%":{"subscription":"none"}}""", "bob@% none()" },
        { """{"bob@%":{"subscription":"from"}}""", "bob@% from()" },
        { """{"bob@%":{"subscription":"to","ask":"subscribe"}}""", "bob@% to()" },
        { """{"bob@%":{"subscription":"none","ask":"subscribe"}}""", "bob@% none+ask()" },
        { """{"bob@%":{"subscription":null,"unknown":[{}]}}""", "bob@% both()" },
        { """{"bob@%":{"name":"1"},"bob@%":{"name":"2"}}""", "bob@%[2] both()" },
        { """{"BOB@%":{}}""", "bob@% both()" },
        { """{"bob@%/phone":{}}""", "bob@% both()" },
        { """{"%":{}}""", "% both()" },
        { """{"pending":{}}""", "pending both()" },

        // One bad entry among good ones: the whole roster was lost.
        { """{"bob@%":{},"carol@%":null}""", "bob@% both()" },
        { """{"bob@%":{},"carol@%":5}""", "bob@% both()" },
        { """{"bob@%":{},"carol@%":false}""", "bob@% both()" },
        { """{"bob@%":{},"carol@%":{"name":5}}""", "bob@% both()" },
        { """{"bob@%":{},"carol@%":{"name":true}}""", "bob@% both()" },
        { """{"bob@%":{},"carol@%":{"name":{"first":"C"}}}""", "bob@% both()" },
        { """{"bob@%":{},"carol@%":{"name":"a\u0000b"}}""", "bob@% both()" },
        { """{"bob@%":{},"carol@%":{"name":"\ud800"}}""", "bob@% both()" },
        { """{"bob@%":{},"carol@%":{"groups":"A"}}""", "bob@% both()" },
        { """{"bob@%":{},"carol@%":{"groups":[5]}}""", "bob@% both()" },
        { """{"bob@%":{},"carol@%":{"subscription":"remove"}}""", "bob@% both()" },
        { """{"bob@%":{},"carol@%":{"subscription":true}}""", "bob@% both()" },
        { """{"bob@%":{},"":{}}""", "bob@% both()" },
        { """{"bob@%":{},"@@ not a jid":{}}""", "bob@% both()" },
        { """{"bob@%":{},"a\u0000@%":{}}""", "bob@% both()" },
        { """{"bob@%":{},"alice@%":{}}""", "bob@% both()" },
        { """{"bob@%":{},"ALICE@%/x":{}}""", "bob@% both()" },
    };

    [Theory]
    [MemberData(nameof(Documents))]
    public async Task RosterDocument_OfAnyForm_GivesItsGoodEntries(string document, string roster)
    {
        var tenant = await krewe.TenantAsync();
        tenant["alice"] = HookAnswers.Body(document.Replace("%", tenant.Domain, StringComparison.Ordinal));
        var client = await tenant.LoginAsync("alice");
        var items = (await client.ItemsAsync()).Select(Describe);

        Assert.Equal(roster.Replace("%", tenant.Domain, StringComparison.Ordinal), string.Join(';', items));
        await client.AvailableAsync();
        await client.AssertAliveAsync();

        // The same document again is the same roster (§1.4: what failed after it was marked as there failed until logout).
        var refreshed = await tenant.RefreshAsync("alice");
        Assert.Equal(("ok", 1, 0), refreshed.Counts);
        Assert.Equal("unchanged", refreshed.Results.Single());
        Assert.Empty(client.Pushes);
    }

    /// <summary>prosody-modules §1.4: a byte order mark left the client without a reply.</summary>
    [Fact]
    public async Task RosterDocument_WithAByteOrderMark_IsRead()
    {
        var tenant = await krewe.TenantAsync();
        tenant["alice"] = HookAnswers.Body("\uFEFF" + $$"""{"{{tenant.Jid("bob")}}":{} }""");

        Assert.Equal([tenant.Jid("bob")], await (await tenant.LoginAsync("alice")).ContactsAsync());
    }

    /// <summary>Contract §5: skipped entries are named; a contact whose entry turned bad stays as it was.</summary>
    [Fact]
    public async Task Refresh_WithEntriesThatTurnedBad_NamesThemAndKeepsTheContacts()
    {
        var tenant = await krewe.TenantAsync();
        tenant["alice"] = HookAnswers.Body($$"""{"{{tenant.Jid("bob")}}":{"name":"Bob"} ,"{{tenant.Jid("carol")}}":{} }""");
        var client = await tenant.OnlineAsync("alice");
        tenant["alice"] = HookAnswers.Body($$"""{"{{tenant.Jid("bob")}}":{"name":5},"{{tenant.Jid("carol")}}":{"name":"Carol"},"@@":{} }""");
        var refreshed = await tenant.RefreshAsync("alice");

        Assert.Equal(["updated"], refreshed.Results);
        Assert.Equal([tenant.Jid("bob"), "@@"], refreshed.Detail("alice")["skipped"]!.AsArray().Select(entry => entry!["jid"]!.GetValue<string>()));
        Assert.Equal([$"{tenant.Jid("bob")}[Bob] both()", $"{tenant.Jid("carol")}[Carol] both()"], (await client.ItemsAsync()).Select(Describe));
    }

    /// <summary>Contract §5: only 410, or 200 with an empty document, empties a roster that had contacts.</summary>
    [Theory]
    [InlineData("{}", 200, true)]
    [InlineData("[]", 200, true)]
    [InlineData("", 410, true)]
    [InlineData("", 404, false)]
    [InlineData("{\"@@\":{}}", 200, false)]
    public async Task Refresh_ThatWouldEmptyARoster_DoesSoOnlyWhenItIsMeant(string body, int status, bool isEmptied)
    {
        var tenant = await krewe.TenantAsync();
        tenant.Lists("alice", "bob");
        var client = await tenant.OnlineAsync("alice");
        tenant["alice"] = status == 200 ? HookAnswers.Body(body) : HookAnswers.Status(status);
        var refreshed = await tenant.RefreshAsync("alice");

        Assert.Equal(isEmptied ? "updated" : "failed", refreshed.Results.Single());
        var skipped = refreshed.Detail("alice")["skipped"]?.AsArray().Select(entry => (string?)entry!["jid"]) ?? [];
        Assert.Equal(body.Contains("@@", StringComparison.Ordinal) ? ["@@"] : [], skipped);
        Assert.Equal(isEmptied ? [] : [tenant.Jid("bob")], await client.ContactsAsync());
    }

    private static string Describe(XElement item)
    {
        var name = (string?)item.Attribute("name") is { } given ? $"[{given}]" : "";
        var ask = item.Attribute("ask") is null ? "" : "+ask";
        return $"{(string?)item.Attribute("jid")}{name} {(string?)item.Attribute("subscription")}{ask}({string.Join(',', item.Elements().Select(group => group.Value))})";
    }
}
