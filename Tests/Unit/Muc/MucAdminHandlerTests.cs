using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Muc.Iq;

namespace Krewe.Tests.Unit.Muc;

/// <summary>muc#admin (XEP-0045 §8, §9; specs M-060, M-061): what is read into which call, and what is refused before any.</summary>
public sealed class MucAdminHandlerTests
{
    private const string Ns = "http://jabber.org/protocol/muc#admin";

    private readonly MucIqStage _stage = new();
    private object? _answer;

    public MucAdminHandlerTests() => _stage.WithRoom((_, _) => _answer);

    [Fact]
    public async Task Set_OfARole_IsByNickname()
    {
        Assert.Equal("", await SetAsync("<item nick='pistol' role='none' jid='ignored'><actor nick='x'/><reason>Avaunt, you cullion!</reason></item>"));

        Assert.Equal([new MucAdminItem("pistol", null, null, MucRole.None, "Avaunt, you cullion!")], Administered());
    }

    [Fact]
    public async Task Set_OfAffiliations_IsByBareJid_AllInOneCall()
    {
        Assert.Equal("", await SetAsync("<item affiliation='outcast' jid='Earl@shakespeare.example/horse'><reason/></item><item affiliation='owner' jid='hecate@shakespeare.example' nick='h'/>"));

        Assert.Equal(
            [
                new MucAdminItem(null, Jid.Parse("earl@shakespeare.example"), MucAffiliation.Outcast, null, null),
                new MucAdminItem(null, Jid.Parse("hecate@shakespeare.example"), MucAffiliation.Owner, null, null),
            ],
            Administered());
    }

    [Theory]
    [InlineData("")]
    [InlineData("<item/>")]
    [InlineData("<item nick='pistol'/>")]
    [InlineData("<item jid='a@b'/>")]
    [InlineData("<item nick='pistol' role='none' affiliation='none'/>")]
    [InlineData("<item jid='a@b' nick='pistol' role='none' affiliation='outcast'/>")]
    [InlineData("<item nick='pistol' role='owner'/>")]
    [InlineData("<item jid='a@b' affiliation='moderator'/>")]
    [InlineData("<item jid='a@b' affiliation=''/>")]
    [InlineData("<item role='none'/>")]
    [InlineData("<item nick='' role='none'/>")]
    [InlineData("<item role='none' jid='a@b/c'/>")]
    [InlineData("<item affiliation='member'/>")]
    [InlineData("<item affiliation='member' nick='pistol'/>")]
    [InlineData("<item nick='pistol' role='visitor'/><item nick='bardolph'/>")]
    [InlineData("<other/>")]
    [InlineData("<item xmlns='urn:example' nick='pistol' role='none'/>")]
    public async Task Set_ThatSaysTooLittleOrTooMuch_IsABadRequest(string items)
    {
        Assert.Equal("Modify BadRequest", await SetAsync(items));
        Assert.Empty(_stage.Calls);
    }

    [Fact]
    public async Task Set_OfAMalformedJid_IsJidMalformed()
    {
        Assert.Equal("Modify JidMalformed", await SetAsync("<item affiliation='member' jid='a@b'/><item affiliation='member' jid='@b'/>"));
        Assert.Empty(_stage.Calls);
    }

    [Fact]
    public async Task Set_HasItsBounds()
    {
        string Items(int count) => string.Concat(Enumerable.Repeat("<item affiliation='member' jid='a@b'/>", count));
        string Reason(int length) => $"<item affiliation='member' jid='a@b'><reason>{new string('x', length)}</reason></item>";

        Assert.Equal("", await SetAsync(Items(MucAdminItems.ItemsMax)));
        Assert.StartsWith("Modify PolicyViolation", await SetAsync(Items(MucAdminItems.ItemsMax + 1)));
        Assert.Equal("", await SetAsync(Reason(MucAdminItems.ReasonCharactersMax)));
        Assert.StartsWith("Modify NotAcceptable", await SetAsync(Reason(MucAdminItems.ReasonCharactersMax + 1)));
        Assert.Equal(2, _stage.Calls.Count);
    }

    [Fact]
    public async Task Set_ThatTheRoomRefuses_IsRefused()
    {
        _answer = StanzaError.NotAllowed;

        Assert.Equal("Cancel NotAllowed", await SetAsync("<item nick='pistol' role='none'/>"));
    }

    [Fact]
    public async Task Get_OfAnAffiliation_ListsIt()
    {
        _answer = new MucListResult(null, [new(Jid.Parse("earl@shakespeare.example"), null, MucAffiliation.Outcast, null, "Treason & worse"), new(Jid.Parse("a@b"), "ay", MucAffiliation.Outcast, null, null)]);

        Assert.Equal(
            $"<query xmlns=\"{Ns}\"><item affiliation=\"outcast\" jid=\"earl@shakespeare.example\"><reason>Treason &amp; worse</reason></item><item affiliation=\"outcast\" jid=\"a@b\" nick=\"ay\" /></query>",
            await GetAsync("<item affiliation='outcast'/>"));
        Assert.Equal([MucIqStage.Sender, MucAffiliation.Outcast, null], Assert.Single(_stage.Calls).Arguments);
    }

    [Fact]
    public async Task Get_OfARole_ListsItsOccupants()
    {
        _answer = new MucListResult(null, [new(Jid.Parse("horatio@hamlet.example/castle"), "horotoro", MucAffiliation.None, MucRole.Participant, null)]);

        Assert.Equal(
            $"<query xmlns=\"{Ns}\"><item affiliation=\"none\" role=\"participant\" jid=\"horatio@hamlet.example/castle\" nick=\"horotoro\" /></query>",
            await GetAsync("<item role='participant'/>"));
        Assert.Equal([MucIqStage.Sender, null, MucRole.Participant], Assert.Single(_stage.Calls).Arguments);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<item/>")]
    [InlineData("<item role='participant' affiliation='none'/>")]
    [InlineData("<item role='admin'/>")]
    [InlineData("<item role='participant'/><item role='visitor'/>")]
    public async Task Get_OfNotOneList_IsABadRequest(string items)
    {
        Assert.Equal("Modify BadRequest", await GetAsync(items));
        Assert.Empty(_stage.Calls);
    }

    [Fact]
    public async Task Get_ThatTheRoomRefuses_IsRefused()
    {
        _answer = new MucListResult(StanzaError.Forbidden, []);

        Assert.Equal("Auth Forbidden", await GetAsync("<item affiliation='owner'/>"));
    }

    private MucAdminItem[] Administered()
    {
        var call = Assert.Single(_stage.Calls);
        Assert.Equal((MucIqStage.Room.Bare, "AdministerAsync", MucIqStage.Sender), (call.Room, call.Method, ((MucSession)call.Arguments[0]!).Jid));
        return [.. (ImmutableArray<MucAdminItem>)call.Arguments[1]!];
    }

    private Task<string> SetAsync(string items) => MucIqStage.AskAsync(new MucAdminHandler(_stage.Grains), StanzaType.Set, $"<query xmlns='{Ns}'>{items}</query>");

    private Task<string> GetAsync(string items) => MucIqStage.AskAsync(new MucAdminHandler(_stage.Grains), StanzaType.Get, $"<query xmlns='{Ns}'>{items}</query>");
}
