using System.Xml.Linq;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Muc.Iq;
using Krewe.Tests.Support;

namespace Krewe.Tests.Unit.Muc;

/// <summary>Registration with a room (XEP-0045 §7.10, XEP-0077), with and without the tenant's service.</summary>
public sealed class MucRegisterHandlerTests
{
    private const string Ns = "jabber:iq:register";
    private static readonly XNamespace Data = "jabber:x:data";
    private static readonly XNamespace Register = Ns;

    private readonly MucIqStage _stage = new();
    private readonly List<(string Key, object?[] Arguments)> _asked = [];
    private readonly Queue<object?> _answers = new();

    public MucRegisterHandlerTests() => _stage.WithRoom((_, _) => _answers.Dequeue());

    [Fact]
    public async Task Get_ByOneWhoIsNot_IsAForm()
    {
        _answers.Enqueue(new MucRegistration(null, false, null));

        var query = XElement.Parse(await AskAsync(StanzaType.Get, ""));

        Assert.Null(query.Element(Register + "registered"));
        Assert.NotEmpty(query.Element(Register + "instructions")!.Value);
        Assert.Equal("form", (string?)query.Element(Data + "x")!.Attribute("type"));
        var field = Assert.Single(query.Descendants(Data + "field"), field => (string)field.Attribute("var")! == "muc#register_roomnick");
        Assert.NotNull(field.Element(Data + "required"));
        Assert.Equal("http://jabber.org/protocol/muc#register", query.Descendants(Data + "value").First().Value);
    }

    [Fact]
    public async Task Get_ByOneWhoIs_IsTheNickname()
    {
        _answers.Enqueue(new MucRegistration(null, true, "third & witch"));

        Assert.Equal($"<query xmlns=\"{Ns}\"><registered /><username>third &amp; witch</username></query>", await AskAsync(StanzaType.Get, ""));
    }

    [Fact]
    public async Task Get_ThatTheRoomRefuses_IsRefused()
    {
        _answers.Enqueue(new MucRegistration(StanzaError.Forbidden, false, null));

        Assert.Equal("Auth Forbidden", await AskAsync(StanzaType.Get, ""));
    }

    [Theory]
    [InlineData("<username>thirdwitch</username>")]
    [InlineData("<x xmlns='jabber:x:data' type='submit'><field var='muc#register_roomnick'><value>thirdwitch</value></field></x>")]
    [InlineData("<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#register</value></field>"
        + "<field var='muc#register_first'><value>x</value></field><field var='muc#register_roomnick'><value>thirdwitch</value></field></x>")]
    public async Task Set_OfANickname_Registers(string payload)
    {
        _answers.Enqueue(new MucRegistration(null, true, "thirdwitch"));

        Assert.Equal("", await AskAsync(StanzaType.Set, payload));

        var call = Assert.Single(_stage.Calls);
        Assert.Equal("RegisterAsync", call.Method);
        Assert.Equal([MucIqStage.Sender, "thirdwitch", null], call.Arguments);
    }

    [Fact]
    public async Task Set_ThatTheServiceDecidesAbout_IsGivenWithItsDecision()
    {
        var decision = new MucDecision(MucVerdict.Admitted, DateTimeOffset.UnixEpoch);
        Decides(decision);
        _answers.Enqueue(new MucRegistration(null, false, null, NeedsDecision: true));
        _answers.Enqueue(new MucRegistration(null, true, "thirdwitch"));

        Assert.Equal("", await AskAsync(StanzaType.Set, "<username>thirdwitch</username>"));

        Assert.Equal([null, decision], _stage.Calls.Select(call => call.Arguments[2]));
        var asked = Assert.Single(_asked);
        Assert.Equal("darkcave@rooms.shakespeare.example/crone1@shakespeare.example", asked.Key);
        Assert.Equal(["thirdwitch", false], asked.Arguments);
    }

    [Fact]
    public async Task Set_ThatTheServiceRefuses_IsRefusedAsTheRoomSays()
    {
        Decides(new MucDecision(MucVerdict.Refused, DateTimeOffset.UnixEpoch, IsExplicit: true, Reason: "No witches"));
        _answers.Enqueue(new MucRegistration(null, false, null, NeedsDecision: true));
        _answers.Enqueue(new MucRegistration(new StanzaError(StanzaErrorType.Auth, StanzaErrorCondition.NotAuthorized, "No witches"), false, null));

        Assert.Equal("Auth NotAuthorized: No witches", await AskAsync(StanzaType.Set, "<username>thirdwitch</username>"));
    }

    [Fact]
    public async Task Set_IsDecidedAboutOnce()
    {
        Decides(new MucDecision(MucVerdict.Admitted, DateTimeOffset.UnixEpoch));
        _answers.Enqueue(new MucRegistration(null, false, null, NeedsDecision: true));
        _answers.Enqueue(new MucRegistration(null, false, null, NeedsDecision: true));

        Assert.Equal("Wait InternalServerError", await AskAsync(StanzaType.Set, "<username>thirdwitch</username>"));
        Assert.Single(_asked);
    }

    [Theory]
    [InlineData("<username/>", "Modify NotAcceptable")]
    [InlineData("<x xmlns='jabber:x:data' type='submit'/>", "Modify NotAcceptable")]
    [InlineData("<x xmlns='jabber:x:data' type='submit'><field var='muc#register_roomnick'><value>a</value><value>b</value></field></x>", "Modify NotAcceptable")]
    [InlineData("<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>urn:example</value></field></x>", "Modify BadRequest")]
    [InlineData("<x xmlns='jabber:x:data' type='result'/>", "Modify BadRequest")]
    [InlineData("<x xmlns='jabber:x:data'/>", "Modify BadRequest")]
    [InlineData("", "Modify BadRequest")]
    [InlineData("<password>x</password>", "Modify BadRequest")]
    [InlineData("<remove/><username>x</username>", "Modify BadRequest")]
    public async Task Set_ThatIsNone_IsRefused(string payload, string error)
    {
        Assert.StartsWith(error, await AskAsync(StanzaType.Set, payload));
        Assert.Empty(_stage.Calls);
    }

    [Fact]
    public async Task Set_OfAFormGivenUp_DoesNothing()
    {
        Assert.Equal("", await AskAsync(StanzaType.Set, "<x xmlns='jabber:x:data' type='cancel'/>"));
        Assert.Empty(_stage.Calls);
    }

    [Fact]
    public async Task Remove_Unregisters()
    {
        _answers.Enqueue(null);
        Assert.Equal("", await AskAsync(StanzaType.Set, "<remove/>"));

        _answers.Enqueue(StanzaError.ItemNotFound);
        Assert.Equal("Cancel ItemNotFound", await AskAsync(StanzaType.Set, "<remove/>"));
        Assert.Equal(["UnregisterAsync", "UnregisterAsync"], _stage.Calls.Select(call => call.Method));
    }

    private void Decides(MucDecision decision) => _stage.Double.With(key => GrainDouble.Create<IMucAuthGrain>((_, arguments) =>
    {
        _asked.Add((key, arguments));
        return Task.FromResult(decision);
    }));

    private Task<string> AskAsync(StanzaType type, string payload) => MucIqStage.AskAsync(new MucRegisterHandler(_stage.Grains), type, $"<query xmlns='{Ns}'>{payload}</query>");
}
