using System.Xml.Linq;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Muc.Iq;

namespace Krewe.Tests.Unit.Muc;

/// <summary>disco#info of room services and rooms (XEP-0045 §6.2, §6.4; specs M-001, M-003, M-005).</summary>
public sealed class MucDiscoInfoTests
{
    private const string Query = "<query xmlns='http://jabber.org/protocol/disco#info'/>";
    private static readonly XNamespace Info = "http://jabber.org/protocol/disco#info";
    private static readonly XNamespace Data = "jabber:x:data";

    [Fact]
    public async Task Service_IsATextConference_WithItsName()
    {
        var stage = new MucIqStage();

        var info = XElement.Parse(await MucIqStage.AskAsync(new MucDiscoInfoHandler(stage.Grains), StanzaType.Get, Query, MucIqStage.Service));

        var identity = Assert.Single(info.Elements(Info + "identity"));
        Assert.Equal(("conference", "text", "Macbeth's rooms"), ((string?)identity.Attribute("category"), (string?)identity.Attribute("type"), (string?)identity.Attribute("name")));
        Assert.Equal(
            ["http://jabber.org/protocol/disco#info", "http://jabber.org/protocol/disco#items", "http://jabber.org/protocol/muc", "http://jabber.org/protocol/muc#stable_id",
                "http://jabber.org/protocol/rsm", "jabber:iq:version", "urn:xmpp:ping", "urn:xmpp:time"],
            Features(info));
    }

    [Fact]
    public async Task Service_WithoutAName_IsCalledByItsDomain()
    {
        var stage = new MucIqStage();
        var service = new MucServiceSettings { Domain = MucIqStage.Service.Bare };

        var info = XElement.Parse(await MucIqStage.AskAsync(new MucDiscoInfoHandler(stage.Grains), StanzaType.Get, Query, MucIqStage.Service, service));

        Assert.Equal(MucIqStage.Service.Bare, (string?)info.Element(Info + "identity")!.Attribute("name"));
    }

    public static TheoryData<string, string, string> Pairs => new()
    {
        { nameof(MucRoomConfig.IsPublic), "muc_public", "muc_hidden" },
        { nameof(MucRoomConfig.IsMembersOnly), "muc_membersonly", "muc_open" },
        { nameof(MucRoomConfig.IsModerated), "muc_moderated", "muc_unmoderated" },
        { nameof(MucRoomConfig.IsNonAnonymous), "muc_nonanonymous", "muc_semianonymous" },
        { nameof(MucRoomConfig.Password), "muc_passwordprotected", "muc_unsecured" },
        { nameof(MucRoomConfig.IsPersistent), "muc_persistent", "muc_temporary" },
    };

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Room_TellsOneFeatureOfEachPair(string setting, string on, string off)
    {
        foreach (var isOn in new[] { true, false })
        {
            var config = MucRoomConfig.Default with { };
            typeof(MucRoomConfig).GetProperty(setting)!.SetValue(config, setting == nameof(MucRoomConfig.Password) ? isOn ? "" : null : isOn);

            var features = Features(await RoomAsync(new MucRoomInfo(config, 0, null)));

            Assert.Equal((isOn, !isOn), (features.Contains(on), features.Contains(off)));
            Assert.Equal(6, features.Count(feature => feature.StartsWith("muc_", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task Room_TellsWhatItIs()
    {
        var config = MucRoomConfig.Default with { Name = "A Dark Cave", Description = "For witches & co", Language = "en", MayChangeSubject = true, HistoryLength = 7 };

        var info = await RoomAsync(new MucRoomInfo(config, 13, "Spells"));

        Assert.Equal("A Dark Cave", (string?)info.Element(Info + "identity")!.Attribute("name"));
        string[] expected = ["http://jabber.org/protocol/muc", "http://jabber.org/protocol/muc#stable_id", "http://jabber.org/protocol/muc#self-ping-optimization",
            "urn:xmpp:occupant-id:0", "jabber:iq:register", "urn:xmpp:ping"];
        Assert.Subset(Features(info).ToHashSet(), expected.ToHashSet());
        Assert.Equal("result", (string?)info.Element(Data + "x")!.Attribute("type"));
        Assert.Equal(
            new Dictionary<string, string?>
            {
                ["FORM_TYPE"] = "http://jabber.org/protocol/muc#roominfo",
                ["muc#roominfo_description"] = "For witches & co",
                ["muc#roominfo_lang"] = "en",
                ["muc#roominfo_occupants"] = "13",
                ["muc#roominfo_subject"] = "Spells",
                ["muc#roominfo_changesubject"] = "1",
                ["muc#maxhistoryfetch"] = "7",
            },
            Fields(info));
    }

    [Fact]
    public async Task Room_WithoutANameOrAnything_IsCalledByItsLocalpart()
    {
        var info = await RoomAsync(new MucRoomInfo(MucRoomConfig.Default, 0, null));

        Assert.Equal("darkcave", (string?)info.Element(Info + "identity")!.Attribute("name"));
        Assert.Null(Fields(info)["muc#roominfo_subject"]);
        Assert.Null(Fields(info)["muc#roominfo_description"]);
    }

    [Theory]
    [InlineData(true, null)]
    [InlineData(false, "")]
    public async Task Room_BehindADoor_KeepsItsSubject(bool isMembersOnly, string? password)
    {
        var info = await RoomAsync(new MucRoomInfo(MucRoomConfig.Default with { IsMembersOnly = isMembersOnly, Password = password }, 1, "Spells"));

        Assert.Null(Fields(info)["muc#roominfo_subject"]);
    }

    [Fact]
    public async Task Room_ThatDoesNotExist_IsNotFound() =>
        Assert.Equal("Cancel ItemNotFound", await MucIqStage.AskAsync(new MucDiscoInfoHandler(new MucIqStage().WithRoom((_, _) => null).Grains), StanzaType.Get, Query));

    [Theory]
    [InlineData("x-roomuser-item", null, "")]
    [InlineData("x-roomuser-item", "third witch", "<identity category=\"conference\" type=\"text\" name=\"third witch\" />")]
    public async Task ReservedNickname_IsTheNodesIdentity(string node, string? nickname, string content)
    {
        var stage = new MucIqStage().WithRoom((_, _) => new MucRegistration(null, nickname is not null, nickname));

        var answer = await MucIqStage.AskAsync(new MucDiscoInfoHandler(stage.Grains), StanzaType.Get, $"<query xmlns='{Info}' node='{node}'/>");

        Assert.Equal($"<query xmlns=\"{Info}\" node=\"{node}\">{content}</query>".Replace("></query>", " />").Replace("/> />", "/></query>"), answer.Replace("></query>", " />").Replace("/> />", "/></query>"));
        Assert.Equal([(MucIqStage.Room.Bare, "RegistrationAsync", MucIqStage.Sender)], stage.Calls.Select(call => (call.Room, call.Method, (Jid)call.Arguments[0]!)));
    }

    [Fact]
    public async Task ReservedNickname_OfNoRoom_IsNotFound()
    {
        var stage = new MucIqStage().WithRoom((_, _) => new MucRegistration(StanzaError.ItemNotFound, false, null));

        Assert.Equal("Cancel ItemNotFound", await MucIqStage.AskAsync(new MucDiscoInfoHandler(stage.Grains), StanzaType.Get, $"<query xmlns='{Info}' node='x-roomuser-item'/>"));
    }

    [Theory]
    [InlineData("http://jabber.org/protocol/muc#traffic", true, "Cancel FeatureNotImplemented")]
    [InlineData("http://jabber.org/protocol/muc#traffic", false, "Cancel ItemNotFound")]
    [InlineData("http://jabber.org/protocol/muc#rooms", true, "Cancel ItemNotFound")]
    [InlineData("x-roomuser-item", false, "Cancel ItemNotFound")]
    public async Task OtherNodes_AreRefused(string node, bool isRoom, string error)
    {
        var answer = await MucIqStage.AskAsync(
            new MucDiscoInfoHandler(new MucIqStage().Grains), StanzaType.Get, $"<query xmlns='{Info}' node='{node}'/>", isRoom ? MucIqStage.Room : MucIqStage.Service);

        Assert.Equal(error, answer);
    }

    [Fact]
    public async Task Set_IsNotAllowed() =>
        Assert.Equal("Cancel NotAllowed", await MucIqStage.AskAsync(new MucDiscoInfoHandler(new MucIqStage().Grains), StanzaType.Set, Query));

    private static async Task<XElement> RoomAsync(MucRoomInfo info) =>
        XElement.Parse(await MucIqStage.AskAsync(new MucDiscoInfoHandler(new MucIqStage().WithRoom((_, _) => info).Grains), StanzaType.Get, Query));

    private static string[] Features(XElement info) => [.. info.Elements(Info + "feature").Select(feature => (string)feature.Attribute("var")!)];

    private static Dictionary<string, string?> Fields(XElement info) =>
        info.Element(Data + "x")!.Elements(Data + "field").ToDictionary(field => (string)field.Attribute("var")!, field => (string?)field.Element(Data + "value"));
}
