using System.Collections.Immutable;
using System.Xml.Linq;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Muc.Iq;
using Krewe.Tests.Support;

namespace Krewe.Tests.Unit.Muc;

/// <summary>disco#items of room services, with pages (XEP-0059), and of rooms (XEP-0045 §6.3, §6.5; specs M-002, M-004).</summary>
public sealed class MucDiscoItemsTests
{
    private static readonly XNamespace Items = "http://jabber.org/protocol/disco#items";
    private static readonly XNamespace Rsm = "http://jabber.org/protocol/rsm";

    private readonly List<(string? After, int Limit)> _pages = [];
    private ImmutableArray<MucRoomEntry> _rooms = [];

    [Fact]
    public async Task Service_ListsItsRooms_WithTheirNames()
    {
        Known("a", "Ay"); Known("b", null);

        Assert.Equal(
            "<query xmlns=\"http://jabber.org/protocol/disco#items\"><item jid=\"a@rooms.shakespeare.example\" name=\"Ay\" /><item jid=\"b@rooms.shakespeare.example\" name=\"b\" /></query>",
            await AskAsync(""));
    }

    [Fact]
    public async Task Service_AsksRoomsThatAreNotKnown_AndHidesThoseThatAre()
    {
        Known("a", "Ay"); Unknown("b"); Unknown("hidden"); Unknown("gone"); Known("z", null);

        var list = XElement.Parse(await AskAsync(""));

        Assert.Equal(["Ay", "asked b", "z"], list.Elements(Items + "item").Select(item => (string)item.Attribute("name")!));
    }

    [Fact]
    public async Task Pages_FollowEachOther_AndAreFullWhileThereAreRooms()
    {
        Known("a", null); Unknown("hidden1"); Unknown("hidden2"); Known("m", null); Known("n", null);

        var first = await PageAsync("<max>2</max>");
        Assert.Equal(("a m", "a@rooms.shakespeare.example", "m@rooms.shakespeare.example", "5"), first);

        var second = await PageAsync($"<max>2</max><after>{first.Last}</after>");
        Assert.Equal(("n", "n@rooms.shakespeare.example", "n@rooms.shakespeare.example", "5"), second);

        Assert.Equal(("", null, null, "5"), await PageAsync($"<max>2</max><after>{second.Last}</after>"));
    }

    [Fact]
    public async Task Max0_IsTheCountAlone()
    {
        Known("a", null); Known("b", null);

        Assert.Equal(("", null, null, "2"), await PageAsync("<max>0</max>"));
    }

    [Theory]
    [InlineData("", 250)]
    [InlineData("<set xmlns='http://jabber.org/protocol/rsm'/>", 100)]
    [InlineData("<set xmlns='http://jabber.org/protocol/rsm'><max>249</max></set>", 249)]
    [InlineData("<set xmlns='http://jabber.org/protocol/rsm'><max>1000000</max></set>", 250)]
    public async Task Pages_HaveABound(string set, int rooms)
    {
        for (var i = 0; i < 300; i++)
        {
            Known($"r{i:000}", null);
        }

        var list = XElement.Parse(await AskAsync(set));

        Assert.Equal(rooms, list.Elements(Items + "item").Count());
        Assert.Equal($"r{rooms - 1:000}@rooms.shakespeare.example", (string?)list.Element(Rsm + "set")!.Element(Rsm + "last"));
    }

    [Fact]
    public async Task OnePage_DoesNotWakeAllRooms()
    {
        for (var i = 0; i < MucRoomDirectory.LookedAtMax + 500; i++)
        {
            Unknown($"hidden{i:00000}");
        }

        await AskAsync("<set xmlns='http://jabber.org/protocol/rsm'><max>10</max></set>");

        Assert.Equal(MucRoomDirectory.LookedAtMax, _pages.Sum(page => page.Limit));
    }

    [Theory]
    [InlineData("<max>-1</max>", "Modify BadRequest")]
    [InlineData("<max>many</max>", "Modify BadRequest")]
    [InlineData("<before/>", "Cancel FeatureNotImplemented")]
    [InlineData("<index>3</index>", "Cancel FeatureNotImplemented")]
    [InlineData("<after>nobody</after>", "Cancel ItemNotFound")]
    [InlineData("<after>a@other.example</after>", "Cancel ItemNotFound")]
    public async Task Pages_ThatCannotBe_AreRefused(string set, string error) => Assert.Equal(error, await AskAsync($"<set xmlns='{Rsm}'>{set}</set>"));

    [Fact]
    public async Task Room_ListsTheNicknamesThatItShows()
    {
        var stage = new MucIqStage().WithRoom((_, arguments) => arguments[0]!.Equals(MucIqStage.Sender) ? (ImmutableArray<string>?)["first witch", "<second>"] : null);

        Assert.Equal(
            $"<query xmlns=\"{Items}\"><item jid=\"{MucIqStage.Room}/first witch\" /><item jid=\"{MucIqStage.Room}/&lt;second&gt;\" /></query>",
            await MucIqStage.AskAsync(new MucDiscoItemsHandler(stage.Grains), StanzaType.Get, $"<query xmlns='{Items}'/>"));
    }

    [Fact]
    public async Task Room_ThatHidesThem_IsEmpty_AndOneThatDoesNotExistIsNotFound()
    {
        var hiding = new MucIqStage().WithRoom((_, _) => (ImmutableArray<string>?)[]);
        var absent = new MucIqStage().WithRoom((_, _) => null);

        Assert.Equal($"<query xmlns=\"{Items}\"></query>", await MucIqStage.AskAsync(new MucDiscoItemsHandler(hiding.Grains), StanzaType.Get, $"<query xmlns='{Items}'/>"));
        Assert.Equal("Cancel ItemNotFound", await MucIqStage.AskAsync(new MucDiscoItemsHandler(absent.Grains), StanzaType.Get, $"<query xmlns='{Items}'/>"));
    }

    [Fact]
    public async Task Nodes_AndSets_AreRefused()
    {
        var handler = new MucDiscoItemsHandler(new MucIqStage().Grains);

        Assert.Equal("Cancel ItemNotFound", await MucIqStage.AskAsync(handler, StanzaType.Get, $"<query xmlns='{Items}' node='any'/>"));
        Assert.Equal("Cancel NotAllowed", await MucIqStage.AskAsync(handler, StanzaType.Set, $"<query xmlns='{Items}'/>"));
    }

    private static string Jid(string room) => $"{room}@rooms.shakespeare.example";

    private void Known(string room, string? name) => _rooms = _rooms.Add(new MucRoomEntry(new MucRoomListing(Jid(room), name, true, true), true));

    private void Unknown(string room) => _rooms = _rooms.Add(new MucRoomEntry(new MucRoomListing(Jid(room), null, true, true), false));

    private Task<string> AskAsync(string set)
    {
        var stage = new MucIqStage().WithRooms((room, _, _) => room switch
        {
            _ when room.StartsWith("hidden", StringComparison.Ordinal) => new MucRoomInfo(MucRoomConfig.Default with { IsPublic = false }, 0, null),
            _ when room.StartsWith("gone", StringComparison.Ordinal) => null,
            _ => new MucRoomInfo(MucRoomConfig.Default with { Name = $"asked {room.Split('@')[0]}" }, 0, null),
        });
        stage.Double.With(_ => GrainDouble.Create<IMucServiceGrain>((_, arguments) =>
        {
            var (after, limit) = ((string?)arguments[0], (int)arguments[1]!);
            Assert.Equal(true, arguments[2]);
            _pages.Add((after, limit));
            var behind = _rooms.Where(room => after is null || string.CompareOrdinal(room.Listing.Room, after) > 0).ToImmutableArray();
            return Task.FromResult(new MucRoomPage([.. behind.Take(limit)], _rooms.Length, behind.Length <= limit));
        }));
        return MucIqStage.AskAsync(new MucDiscoItemsHandler(stage.Grains), StanzaType.Get, $"<query xmlns='{Items}'>{set}</query>", MucIqStage.Service);
    }

    private async Task<(string Rooms, string? First, string? Last, string? Count)> PageAsync(string set)
    {
        var list = XElement.Parse(await AskAsync($"<set xmlns='{Rsm}'>{set}</set>"));
        var page = list.Element(Rsm + "set")!;
        return (
            string.Join(' ', list.Elements(Items + "item").Select(item => ((string)item.Attribute("jid")!).Split('@')[0])),
            (string?)page.Element(Rsm + "first"), (string?)page.Element(Rsm + "last"), (string?)page.Element(Rsm + "count"));
    }
}
