using System.Xml.Linq;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Muc;
using Krewe.Frontend.Muc.Iq;
using Krewe.Grains.Muc;

namespace Krewe.Tests.Unit.Muc;

/// <summary>muc#owner (XEP-0045 §10; specs M-062, M-063, M-065): the form, what a submitted one changes, and the room's end.</summary>
public sealed class MucOwnerHandlerTests
{
    private const string Ns = "http://jabber.org/protocol/muc#owner";
    private const string FormType = "<field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#roomconfig</value></field>";
    private static readonly XNamespace Data = "jabber:x:data";

    private readonly MucIqStage _stage = new();
    private MucConfigResult _present = new(null, MucRoomConfig.Default, ["a@b"], ["o@b", "p@b"]);
    private StanzaError? _refusal;

    public MucOwnerHandlerTests() => _stage.WithRoom((method, _) => method == nameof(IMucRoomGrain.ConfigurationAsync) ? _present : _refusal);

    [Fact]
    public async Task Get_IsAFormWithEveryField()
    {
        _present = _present with { Config = MucRoomConfig.Default with { Name = "A <Dark> Cave", Password = "cauldronburn", MaxUsers = 13, IsNonAnonymous = true } };

        var form = await FormAsync();

        var fields = form.Elements(Data + "field").ToDictionary(field => (string)field.Attribute("var")!);
        Assert.Equal("form", (string?)form.Attribute("type"));
        Assert.Equal(
            ["FORM_TYPE", .. MucConfigFields.All.Select(field => field.FormName), "muc#roomconfig_roomadmins", "muc#roomconfig_roomowners"], fields.Keys);
        Assert.All(fields.Values.Skip(1), field => Assert.NotEmpty((string?)field.Attribute("label") ?? ""));
        Assert.Equal(("text-single", "A <Dark> Cave"), Shown(fields["muc#roomconfig_roomname"]));
        Assert.Equal(("text-single", ""), Shown(fields["muc#roomconfig_roomdesc"]));
        Assert.Equal(("boolean", "1"), Shown(fields["muc#roomconfig_passwordprotectedroom"]));
        Assert.Equal(("text-private", "cauldronburn"), Shown(fields["muc#roomconfig_roomsecret"]));
        Assert.Equal(("list-single", "anyone"), Shown(fields["muc#roomconfig_whois"]));
        Assert.Equal(("list-single", "13"), Shown(fields["muc#roomconfig_maxusers"]));
        Assert.Equal(("list-multi", "moderator participant visitor"), Shown(fields["muc#roomconfig_presencebroadcast"]));
        Assert.Equal(("text-single", "20"), Shown(fields["muc#maxhistoryfetch"]));
        Assert.Equal(("jid-multi", "a@b"), Shown(fields["muc#roomconfig_roomadmins"]));
        Assert.Equal(("jid-multi", "o@b p@b"), Shown(fields["muc#roomconfig_roomowners"]));
    }

    [Theory]
    [InlineData(0, "none")]
    [InlineData(50, "50")]
    [InlineData(51, "51")]
    public async Task Get_OffersWhatIsSetAmongTheOptions(int maxUsers, string shown)
    {
        _present = _present with { Config = MucRoomConfig.Default with { MaxUsers = maxUsers } };

        var lists = (await FormAsync()).Elements(Data + "field").Where(field => ((string)field.Attribute("type")!).StartsWith("list-", StringComparison.Ordinal)).ToArray();

        Assert.Equal(5, lists.Length);
        Assert.Contains(lists, list => (string)list.Attribute("var")! == "muc#roomconfig_maxusers" && Shown(list).Values == shown);
        Assert.All(lists, list =>
        {
            var options = list.Elements(Data + "option").Select(option => (string)option.Element(Data + "value")!).ToArray();
            Assert.Equal(options.Distinct(), options);
            Assert.Subset(options.ToHashSet(), list.Elements(Data + "value").Select(value => value.Value).ToHashSet());
        });
    }

    [Fact]
    public async Task Get_BySomebodyElse_IsForbidden()
    {
        _present = new MucConfigResult(StanzaError.Forbidden, null, [], []);

        Assert.Equal("Auth Forbidden", await AskAsync(StanzaType.Get, ""));
    }

    [Fact]
    public async Task Form_SubmittedAsItIs_ChangesNothing()
    {
        var form = await FormAsync();
        form.SetAttributeValue("type", "submit");
        _stage.Calls.Clear();

        Assert.Equal("", await AskAsync(StanzaType.Set, form.ToString(SaveOptions.DisableFormatting)));

        var change = Configured();
        Assert.Equal(MucRoomConfig.Default, MucConfiguration.Apply(MucRoomConfig.Default, change));
        Assert.Equal(["a@b"], change.Admins!.Value.Select(jid => jid.Bare));
        Assert.Equal(["o@b", "p@b"], change.Owners!.Value.Select(jid => jid.Bare));
    }

    [Theory]
    [InlineData("<x xmlns='jabber:x:data' type='submit'/>")]
    [InlineData("<x xmlns='jabber:x:data' type='submit'>" + FormType + "</x>")]
    [InlineData("<x xmlns='jabber:x:data' type='submit'>" + FormType + "<field var='muc#roomconfig_enablelogging'><value>nonsense</value></field></x>")]
    public async Task Submit_OfNothingThatIsKnown_IsAnInstantRoom(string form)
    {
        Assert.Equal("", await AskAsync(StanzaType.Set, form));

        Assert.Equal(new MucConfigChange(), Configured());
    }

    [Fact]
    public async Task Submit_ChangesWhatItNames()
    {
        Assert.Equal("", await SubmitAsync(
            ("muc#roomconfig_roomname", ["A Dark Cave"]), ("muc#roomconfig_roomdesc", []), ("muc#roomconfig_maxusers", ["none"]), ("muc#roomconfig_historylength", ["3"]),
            ("muc#roomconfig_roomadmins", ["Wiccarocks@b/desktop", " hecate@b ", "", "hecate@b/x"])));

        var change = Configured();
        Assert.Equal(("A Dark Cave", "", 0, 3), (change.Name, change.Description, change.MaxUsers, change.HistoryLength));
        Assert.Equal(["wiccarocks@b", "hecate@b"], change.Admins!.Value.Select(jid => jid.ToString()));
        Assert.Null(change.Owners);
    }

    [Theory]
    [InlineData("muc#roomconfig_maxusers", "some")]
    [InlineData("muc#roomconfig_membersonly", "yes")]
    [InlineData("muc#roomconfig_whois", "nobody")]
    [InlineData("muc#roomconfig_lang", "not a tag")]
    [InlineData("muc#maxhistoryfetch", "-1")]
    [InlineData("muc#roomconfig_historylength", "none")]
    [InlineData("muc#roomconfig_roomowners", "a b@c")]
    [InlineData("muc#roomconfig_roomadmins", "shakespeare.example")]
    public async Task Submit_OfAnIllValue_IsNotAcceptable_AndNamesTheField(string field, string value)
    {
        Assert.StartsWith($"Modify NotAcceptable: {field} must be ", await SubmitAsync(("muc#roomconfig_roomname", ["x"]), (field, [value])));
        Assert.Empty(_stage.Calls);
    }

    [Theory]
    [InlineData("1", "new", true, "new")]
    [InlineData(null, "new", true, "new")]
    [InlineData("0", "left in the form", false, null)]
    [InlineData(null, "", false, null)]
    [InlineData("0", null, false, null)]
    public async Task Submit_OfAPassword_SetsItOrTakesItAway(string? isProtected, string? secret, bool expected, string? password)
    {
        Assert.Equal("", await SubmitAsync(Password(isProtected, secret)));

        Assert.Equal((expected, password), (Configured().IsPasswordProtected, Configured().Password));
    }

    [Fact]
    public async Task Submit_OfProtectionWithoutAPassword_IsNotAcceptable()
    {
        const string Error = "Modify NotAcceptable: muc#roomconfig_roomsecret must be ";

        Assert.StartsWith(Error, await SubmitAsync(Password("1", "")));
        Assert.StartsWith(Error, await SubmitAsync(Password("1", null)));
        Assert.DoesNotContain(_stage.Calls, call => call.Method == "ConfigureAsync");
    }

    [Fact]
    public async Task Submit_OfProtectionThatThereIs_KeepsThePassword()
    {
        _present = _present with { Config = MucRoomConfig.Default with { Password = "old" } };

        Assert.Equal("", await SubmitAsync(Password("1", null)));

        _stage.Calls.RemoveAll(call => call.Method == "ConfigurationAsync");
        Assert.Equal((true, null), (Configured().IsPasswordProtected, Configured().Password));
    }

    [Fact]
    public async Task Submit_OfProtection_BySomebodyElse_IsForbidden()
    {
        _present = new MucConfigResult(StanzaError.Forbidden, null, [], []);

        Assert.Equal("Auth Forbidden", await SubmitAsync(Password("1", null)));
    }

    [Fact]
    public async Task Cancel_IsPassedOn()
    {
        Assert.Equal("", await AskAsync(StanzaType.Set, "<x xmlns='jabber:x:data' type='cancel'/>"));
        Assert.Equal("CancelConfigurationAsync", Assert.Single(_stage.Calls).Method);
    }

    [Fact]
    public async Task Destroy_SaysWhereToGoAndWhy()
    {
        Assert.Equal("", await AskAsync(
            StanzaType.Set, "<destroy jid='coven@rooms.shakespeare.example'><reason>Macbeth &amp; co</reason><password>open</password><other>x</other></destroy>"));

        var call = Assert.Single(_stage.Calls);
        Assert.Equal("DestroyAsync", call.Method);
        Assert.Equal([MucIqStage.Sender, new MucDestroy(Jid.Parse("coven@rooms.shakespeare.example"), "Macbeth & co", "open")], call.Arguments);
    }

    [Fact]
    public async Task Destroy_NeedsNothing()
    {
        Assert.Equal("", await AskAsync(StanzaType.Set, "<destroy><reason/></destroy>"));

        Assert.Equal([MucIqStage.Sender, new MucDestroy(null, null, null)], Assert.Single(_stage.Calls).Arguments);
    }

    [Theory]
    [InlineData("<destroy/>")]
    [InlineData("<x xmlns='jabber:x:data' type='cancel'/>")]
    [InlineData("<x xmlns='jabber:x:data' type='submit'/>")]
    public async Task Set_ThatTheRoomRefuses_IsRefused(string payload)
    {
        _refusal = StanzaError.Forbidden;

        Assert.Equal("Auth Forbidden", await AskAsync(StanzaType.Set, payload));
    }

    [Theory]
    [InlineData("<destroy jid='@nowhere'/>", "Modify JidMalformed")]
    [InlineData("", "Modify BadRequest")]
    [InlineData("<item affiliation='owner'/>", "Modify BadRequest")]
    [InlineData("<x xmlns='jabber:x:data' type='form'/>", "Modify BadRequest")]
    [InlineData("<x xmlns='jabber:x:data'/>", "Modify BadRequest")]
    [InlineData("<destroy/><destroy/>", "Modify BadRequest")]
    [InlineData("<destroy xmlns='urn:example'/>", "Modify BadRequest")]
    [InlineData("<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>urn:example</value></field><field var='a'/></x>", "Modify BadRequest")]
    public async Task Set_ThatIsNone_IsRefused(string payload, string error)
    {
        Assert.Equal(error, await AskAsync(StanzaType.Set, payload));
        Assert.Empty(_stage.Calls);
    }

    [Fact]
    public async Task Set_OfOverlongTexts_IsNotAcceptable()
    {
        var reason = new string('x', MucOwnerRequest.ReasonCharactersMax + 1);

        Assert.StartsWith("Modify NotAcceptable", await AskAsync(StanzaType.Set, $"<destroy><reason>{reason}</reason></destroy>"));
        Assert.StartsWith("Modify NotAcceptable", await AskAsync(StanzaType.Set, $"<destroy><password>{reason}</password></destroy>"));
    }

    [Fact]
    public async Task Get_WithAChild_IsABadRequest() => Assert.Equal("Modify BadRequest", await AskAsync(StanzaType.Get, "<destroy/>"));

    private static (string, string[])[] Password(string? isProtected, string? secret)
    {
        var fields = new List<(string, string[])>();
        if (isProtected is not null)
        {
            fields.Add(("muc#roomconfig_passwordprotectedroom", [isProtected]));
        }

        if (secret is not null)
        {
            fields.Add(("muc#roomconfig_roomsecret", [secret]));
        }

        return [.. fields];
    }

    private static (string Type, string Values) Shown(XElement field) =>
        ((string)field.Attribute("type")!, string.Join(' ', field.Elements(Data + "value").Select(value => value.Value)));

    private MucConfigChange Configured()
    {
        var call = Assert.Single(_stage.Calls);
        Assert.Equal(("ConfigureAsync", MucIqStage.Sender), (call.Method, call.Arguments[0]));
        return (MucConfigChange)call.Arguments[1]!;
    }

    private async Task<XElement> FormAsync() => XElement.Parse(await AskAsync(StanzaType.Get, "")).Element(Data + "x")!;

    private Task<string> SubmitAsync(params (string Name, string[] Values)[] fields)
    {
        var xml = fields.Select(field => new XElement(Data + "field", new XAttribute("var", field.Name), field.Values.Select(value => new XElement(Data + "value", value))));
        return AskAsync(StanzaType.Set, $"<x xmlns='jabber:x:data' type='submit'>{FormType}{string.Concat(xml)}</x>");
    }

    private Task<string> AskAsync(StanzaType type, string payload) => MucIqStage.AskAsync(new MucOwnerHandler(_stage.Grains), type, $"<query xmlns='{Ns}'>{payload}</query>");
}
