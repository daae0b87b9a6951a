using System.Text;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Rosters;
using Krewe.Grains.Rosters;

namespace Krewe.Tests.Unit.Rosters;

public sealed class RosterDocumentTests
{
    private static readonly Jid Owner = Jid.Parse("romeo@a.example");

    /// <summary>Each kind of document that a hook may send; items as <c>jid|name|groups|subscription[ ask][ approved]</c>.</summary>
    [Theory]
    [InlineData("{}", "")]
    [InlineData("[]", "")]
    [InlineData(" [ ] ", "")]
    [InlineData("\uFEFF{\"b@a.example\":{}}", "b@a.example|-||Both")]
    [InlineData("{\"b@a.example\":{}}", "b@a.example|-||Both")]
    [InlineData("{\"b@a.example\":[]}", "b@a.example|-||Both")]
    [InlineData("{\"b@a.example\":\"\"}", "b@a.example|-||Both")]
    [InlineData("{\"b@a.example\":\"whatever\"}", "b@a.example|-||Both")]
    [InlineData("{\"b@a.example\":true}", "b@a.example|-||Both")]
    [InlineData("{\"b@a.example\":{\"name\":\"\"}}", "b@a.example|||Both")]
    [InlineData("{\"b@a.example\":{\"name\":null}}", "b@a.example|-||Both")]
    [InlineData("{\"b@a.example\":{\"\\ud800\":1}}", "b@a.example|-||Both")]
    [InlineData("{\"b@a.example\":{\"\\udc00n\":{\"\\ud800\":[1]},\"\\u006eame\":\"B\"}}", "b@a.example|B||Both")]
    [InlineData("{\"b@a.example\":{\"subscription\":\"none\",\"ask\":\"\\ud800\",\"approved\":\"\\ud800\"}}", "b@a.example|-||None")]
    [InlineData("{\"b@a.example\":{\"name\":\"Zoë \\u2603\"}}", "b@a.example|Zoë ☃||Both")]
    [InlineData("{\"b@a.example\":{\"name\":\"a\\n\\tb\"}}", "b@a.example|a\n\tb||Both")]
    [InlineData("{\"b@a.example\":{\"groups\":{\"B\":true,\"A\":false,\"C\":null,\"D\":{\"x\":[1]}}}}", "b@a.example|-|A,B,C,D|Both")]
    [InlineData("{\"b@a.example\":{\"groups\":[\"B\",\"A\",\"B\",\"\"]}}", "b@a.example|-|A,B|Both")]
    [InlineData("{\"b@a.example\":{\"groups\":{\"\":true}}}", "b@a.example|-||Both")]
    [InlineData("{\"b@a.example\":{\"groups\":[]}}", "b@a.example|-||Both")]
    [InlineData("{\"b@a.example\":{\"groups\":null}}", "b@a.example|-||Both")]
    [InlineData("{\"b@a.example\":{\"subscription\":null}}", "b@a.example|-||Both")]
    [InlineData("{\"b@a.example\":{\"subscription\":\"none\"}}", "b@a.example|-||None")]
    [InlineData("{\"b@a.example\":{\"subscription\":\"from\",\"ask\":\"subscribe\"}}", "b@a.example|-||From ask")]
    [InlineData("{\"b@a.example\":{\"subscription\":\"to\",\"ask\":\"subscribe\"}}", "b@a.example|-||To")]
    [InlineData("{\"b@a.example\":{\"ask\":null,\"approved\":true}}", "b@a.example|-||Both approved")]
    [InlineData("{\"b@a.example\":{\"approved\":\"yes\",\"ask\":[\"subscribe\"],\"subscription\":\"none\"}}", "b@a.example|-||None")]
    [InlineData("{\"b@a.example\":{\"unknown\":{\"deep\":[{}]},\"name\":\"B\"}}", "b@a.example|B||Both")]
    [InlineData("{\"B@A.Example\":{}}", "b@a.example|-||Both")]
    [InlineData("{\"b@a.example/balcony\":{}}", "b@a.example|-||Both")]
    [InlineData("{\"a.example\":{}}", "a.example|-||Both")]
    [InlineData("{\"pending\":{}}", "pending|-||Both")]
    [InlineData("{\"b@a.example\":{\"name\":\"1\"},\"B@a.example/x\":{\"name\":\"2\"}}", "b@a.example|2||Both")]
    [InlineData("{\"c@a.example\":{},\"b@a.example\":{},\"a-b@a.example\":{}}", "a-b@a.example|-||Both b@a.example|-||Both c@a.example|-||Both")]
    public void Parse_GoodEntries_AreItems(string json, string items)
    {
        var document = Parse(json)!;

        Assert.Equal(items, string.Join(' ', document.Items.Select(Show)));
        Assert.Empty(document.Skipped);
        Assert.Equal(json.Trim('\uFEFF', ' ') is "{}" or "[]" or "[ ]", document.IsEmpty);
    }

    [Theory]
    [InlineData("\"b@a.example\":null", "bad value")]
    [InlineData("\"b@a.example\":5", "bad value")]
    [InlineData("\"b@a.example\":false", "bad value")]
    [InlineData("\"b@a.example\":[1,[2],{\"x\":3}]", "bad value")]
    [InlineData("\"b@a.example\":{\"name\":5}", "bad name")]
    [InlineData("\"b@a.example\":{\"name\":true}", "bad name")]
    [InlineData("\"b@a.example\":{\"name\":{\"first\":\"B\"}}", "bad name")]
    [InlineData("\"b@a.example\":{\"name\":[\"B\"]}", "bad name")]
    [InlineData("\"b@a.example\":{\"name\":\"a\\u0001b\"}", "bad name")]
    [InlineData("\"b@a.example\":{\"name\":\"a\\u0000\"}", "bad name")]
    [InlineData("\"b@a.example\":{\"name\":\"\\uFFFE\"}", "bad name")]
    [InlineData("\"b@a.example\":{\"name\":\"\\uD800\"}", "bad name")]
    [InlineData("\"b@a.example\":{\"subscription\":\"\\uD800\"}", "bad subscription")]
    [InlineData("\"b@a.example\":{\"groups\":{\"\\uD800\":1}}", "bad group")]
    [InlineData("\"b@a.example\":{\"groups\":\"A\"}", "bad group")]
    [InlineData("\"b@a.example\":{\"groups\":true}", "bad group")]
    [InlineData("\"b@a.example\":{\"groups\":[\"A\",5]}", "bad group")]
    [InlineData("\"b@a.example\":{\"groups\":[[\"A\"]]}", "bad group")]
    [InlineData("\"b@a.example\":{\"groups\":[\"A\\u0007\"]}", "bad group")]
    [InlineData("\"b@a.example\":{\"subscription\":\"remove\"}", "bad subscription")]
    [InlineData("\"b@a.example\":{\"subscription\":\"Both\"}", "bad subscription")]
    [InlineData("\"b@a.example\":{\"subscription\":{}}", "bad subscription")]
    [InlineData("\"\":{}", "bad JID")]
    [InlineData("\"@@ not a jid\":{}", "bad JID")]
    [InlineData("\"a@b@c\":{\"name\":\"x\"}", "bad JID")]
    [InlineData("\"\\uD800@a.example\":{}", "bad JID")]
    [InlineData("\"Romeo@a.example/x\":{}", "the roster's own JID")]
    public void Parse_OneBadEntry_IsNamedAndCostsNoOther(string entry, string reason)
    {
        var document = Parse($$$"""{"first@a.example":{},{{{entry}}},"last@a.example":{"groups":["G"]}}""")!;

        Assert.Equal(["first@a.example|-||Both", "last@a.example|-|G|Both"], document.Items.Select(Show));
        Assert.Equal(reason, Assert.Single(document.Skipped).Reason);
        Assert.Equal(1, document.SkippedCount);
        Assert.False(document.IsEmpty);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("null")]
    [InlineData("5")]
    [InlineData("true")]
    [InlineData("\"x\"")]
    [InlineData("not json")]
    [InlineData("{\"b@a.example\":{}")]
    [InlineData("{\"b@a.example\":{}} x")]
    [InlineData("[] x")]
    [InlineData("{\"b@a.example\":{},}")]
    [InlineData("/* c */ {}")]
    [InlineData("[\"b@a.example\"]")]
    [InlineData("[{\"jid\":\"b@a.example\"}]")]
    [InlineData("<html/>")]
    public void Parse_NotADocument_IsNull(string json) => Assert.Null(Parse(json));

    [Fact]
    public void Parse_TooDeep_IsNull() => Assert.Null(Parse("{\"b@a.example\":{\"x\":" + new string('[', 1000) + new string(']', 1000) + "}}"));

    [Fact]
    public void Parse_EveryPrefix_IsNull()
    {
        var json = Encoding.UTF8.GetBytes("""{"b@a.example":{"name":"Zoë","groups":["A"],"subscription":"to"},"c@a.example":[]}""");
        for (var length = 0; length < json.Length; length++)
        {
            Assert.Null(RosterDocument.Parse(json.AsSpan(0, length), Owner, 0, RosterSnapshot.Empty));
        }

        Assert.Equal(2, RosterDocument.Parse(json, Owner, 0, RosterSnapshot.Empty)!.Items.Length);
    }

    [Fact]
    public void Parse_BytesThatAreNoUtf8_SkipThatEntryAlone()
    {
        byte[] json = [.. "{\"b@a.example\":{\"name\":\""u8, 0xFF, 0xC0, .. "\"},\"c@a.example\":{}}"u8];

        var document = RosterDocument.Parse(json, Owner, 0, RosterSnapshot.Empty);

        Assert.Equal(["c@a.example|-||Both"], document!.Items.Select(Show));
        Assert.Equal(new SkippedEntry("b@a.example", "bad name"), Assert.Single(document.Skipped));
    }

    [Theory]
    [InlineData(1023, true)]
    [InlineData(1024, false)]
    public void Parse_LongNameOrGroup_IsBadOver1023Bytes(int bytes, bool isGood)
    {
        var text = new string('é', bytes / 2) + (bytes % 2 == 1 ? "x" : "");

        Assert.Equal(isGood ? 1 : 0, Parse($$$"""{"b@a.example":{"name":"{{{text}}}"}}""")!.Items.Length);
        Assert.Equal(isGood ? 1 : 0, Parse($$$"""{"b@a.example":{"groups":["{{{text}}}"]}}""")!.Items.Length);
        Assert.Equal(isGood ? 1 : 0, Parse($$$$"""{"b@a.example":{"groups":{"{{{{text}}}}":1}}}""")!.Items.Length);
    }

    [Fact]
    public void Parse_OverTheLimit_SkipsWhatIsTooMany()
    {
        var document = Parse("""{"c@a.example":{},"b@a.example":{},"a@a.example":{}}""", itemsMax: 2)!;

        Assert.Equal(["b@a.example", "c@a.example"], document.Items.Select(item => item.Jid.Bare));
        Assert.Equal(new SkippedEntry("a@a.example", "more than 2 contacts"), Assert.Single(document.Skipped));
    }

    [Fact]
    public void Parse_EntryThatTurnedBad_KeepsItsLastGoodForm()
    {
        var last = new RosterSnapshot("x.1", Parse("""{"b@a.example":{"name":"B","subscription":"to"},"c@a.example":{}}""")!.Items);

        var document = Parse("""{"b@a.example":{"name":5},"d@a.example":{"name":5}}""", last: last)!;

        Assert.Equal(["b@a.example|B||To"], document.Items.Select(Show));
        Assert.Equal(2, document.SkippedCount);
    }

    [Fact]
    public void Parse_GoodAndBadEntryOfOneContact_TheGoodOneStands()
    {
        var last = new RosterSnapshot("x.1", Parse("""{"b@a.example":{"name":"old"}}""")!.Items);

        var document = Parse("""{"b@a.example":{"name":"new"},"B@a.example":null}""", last: last)!;

        Assert.Equal(["b@a.example|new||Both"], document.Items.Select(Show));
    }

    [Fact]
    public void Parse_ManyBadEntries_AreCountedButNamedUpToABound()
    {
        var json = "{" + string.Join(',', Enumerable.Range(0, 1000).Select(i => $"\"{new string('@', 1000)}{i}\":{{}}")) + "}";

        var document = Parse(json)!;

        Assert.Equal(1000, document.SkippedCount);
        Assert.Equal(RosterDocument.SkippedNamedMax, document.Skipped.Length);
        Assert.All(document.Skipped, skipped => Assert.True(skipped.Jid.Length <= 256));
    }

    /// <summary>Whatever bytes come, there is a document whose items keep the rules, or none; never an exception.</summary>
    [Fact]
    public void Parse_DamagedBytes_NeverThrowsAndItemsKeepTheRules()
    {
        var whole = Encoding.UTF8.GetBytes("""{"b@a.example":{"name":"Zo\u00eb \ud83d\ude00","groups":["A",{"B":1}],"subscription":"to","ask":"subscribe"},"c@a.example":[[]],"d@a.example/x":{"groups":{"G":true}}}""");
        byte[] spice = [0, 1, 0x22, 0x5C, 0x7B, 0x7D, 0x5B, 0x5D, 0x2C, 0x3A, 0x75, 0x64, 0xC3, 0xED, 0xFF, 0x30];
        var (random, read) = (new Random(11), 0);
        for (var round = 0; round < 50_000; round++)
        {
            var bytes = whole.ToArray();
            for (var hits = random.Next(1, 4); hits > 0; hits--)
            {
                bytes[random.Next(bytes.Length)] = spice[random.Next(spice.Length)];
            }

            if (RosterDocument.Parse(bytes, Owner, 0, RosterSnapshot.Empty) is not { } document)
            {
                continue;
            }

            read++;
            Assert.All(document.Items, item => Assert.True(item.Jid.IsBare && item.Jid.Bare != Owner.Bare && !item.Groups.Contains("")));
            Assert.Equal(document.Items.Length, document.Items.Select(item => item.Jid.Bare).Distinct().Count());
        }

        Assert.InRange(read, 100, 49_900);
    }

    private static RosterDocument? Parse(string json, int itemsMax = 0, RosterSnapshot? last = null) =>
        RosterDocument.Parse(Encoding.UTF8.GetBytes(json), Owner, itemsMax, last ?? RosterSnapshot.Empty);

    private static string Show(RosterItem item) =>
        $"{item.Jid}|{item.Name ?? "-"}|{string.Join(',', item.Groups)}|{item.Subscription}{(item.Ask ? " ask" : "")}{(item.Approved ? " approved" : "")}";
}
