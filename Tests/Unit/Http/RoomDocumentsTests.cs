using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;
using Krewe.Frontend.Http;
using Krewe.Frontend.Muc;

namespace Krewe.Tests.Unit.Http;

/// <summary>Contract §4: a room's document, with XEP-0045's names for its configuration.</summary>
public sealed class RoomDocumentsTests
{
    private static readonly MucRoomConfig Defaults = MucRoomConfig.Default with { IsPersistent = true };

    public static TheoryData<string, string, MucRoomConfig> Fields => new()
    {
        { "roomname", "\"The ball\"", Defaults with { Name = "The ball" } },
        { "roomdesc", "\"At the Capulets'\"", Defaults with { Description = "At the Capulets'" } },
        { "lang", "\"it\"", Defaults with { Language = "it" } },
        { "persistentroom", "false", Defaults with { IsPersistent = false } },
        { "publicroom", "false", Defaults with { IsPublic = false } },
        { "membersonly", "true", Defaults with { IsMembersOnly = true } },
        { "moderatedroom", "true", Defaults with { IsModerated = true } },
        { "whois", "\"anyone\"", Defaults with { IsNonAnonymous = true } },
        { "maxusers", "20", Defaults with { MaxUsers = 20 } },
        { "changesubject", "true", Defaults with { MayChangeSubject = true } },
        { "allowinvites", "true", Defaults with { MayInvite = true } },
        { "allowpm", "\"moderators\"", Defaults with { PrivateMessages = MucPrivateMessages.Moderators } },
        { "historylength", "0", Defaults with { HistoryLength = 0 } },
        { "presencebroadcast", "[\"moderator\",\"participant\"]", Defaults with { PresenceBroadcastFrom = MucRole.Participant } },
        { "getmemberlist", "[\"moderator\",\"participant\"]", Defaults with { MembersSeeLists = true } },
    };

    [Theory]
    [MemberData(nameof(Fields))]
    public void Field_IsReadAndShownAsItWasWritten(string name, string value, MucRoomConfig config)
    {
        var document = Read($$"""{ "{{name}}": {{value}} }""");

        Assert.Equal(config, document.Config);
        Assert.Equal(JsonNode.Parse(value)!.ToJsonString(), RoomDocuments.Show(document)[name]!.ToJsonString());
    }

    [Fact]
    public void Fields_AllHaveARow() =>
        Assert.Equal(
        MucConfigFields.All.Select(field => field.Name).Except(["passwordprotectedroom", "roomsecret"]).Order(), Fields.Select(row => (string)row[0]).Order());

    [Fact]
    public void Document_InTheDescription_HasEveryMember()
    {
        var all = Read("""{ "roomname": "x", "roomdesc": "x", "lang": "en", "roomsecret": "x", "subject": "x" }""");
        Assert.Equal(
            RoomDocuments.Show(all).Select(member => member.Key).Order(),
            typeof(RoomBody).GetProperties().Select(property => property.Name.ToLowerInvariant()).Order());
    }

    [Fact]
    public void Document_Shown_IsReadAsTheSame()
    {
        var document = new MucRoomDocument(
            Defaults with { Name = "The ball", MaxUsers = 9, Password = "sesame", PrivateMessages = MucPrivateMessages.None, PresenceBroadcastFrom = MucRole.Moderator },
            "Masks & music",
            [Item("juliet@verona.example", MucAffiliation.Owner), Item("tybalt@verona.example", MucAffiliation.Outcast)]);
        var shown = RoomDocuments.Show(document).ToJsonString();

        Assert.DoesNotContain("sesame", shown, StringComparison.Ordinal);
        Assert.Contains("""
            "roomsecret":{"secret":"set"}
            """.Trim(), shown, StringComparison.Ordinal);
        Assert.Empty(RoomDocuments.Read(shown, MucRoomConfig.Default, "sesame", out var read));
        Assert.Equal((document.Config, document.Subject), (read!.Config, read.Subject));
        Assert.Equal(document.Affiliations.AsEnumerable(), read.Affiliations);
    }

    [Fact]
    public void Document_ThatSaysNothing_HasTheDefaultsAndNothingElse()
    {
        var document = Read("{}");

        Assert.Equal((Defaults, null), (document.Config, document.Subject));
        Assert.Empty(document.Affiliations);
    }

    [Theory]
    [InlineData("""{ "roomsecret": "sesame" }""", null, "sesame")]
    [InlineData("""{ "passwordprotectedroom": true, "roomsecret": "sesame" }""", "old", "sesame")]
    [InlineData("""{ "passwordprotectedroom": false, "roomsecret": "sesame" }""", "old", null)]
    [InlineData("""{ "passwordprotectedroom": false, "roomsecret": { "secret": "set" } }""", "old", null)]
    [InlineData("""{ "roomsecret": { "secret": "set" } }""", "old", "old")]
    [InlineData("""{ "roomsecret": "" }""", "old", null)]
    [InlineData("{}", "old", null)]
    public void Password_IsWhatTheDocumentSays(string json, string? present, string? expected)
    {
        Assert.Empty(RoomDocuments.Read(json, Defaults, present, out var document));
        Assert.Equal(expected, document!.Config.Password);
    }

    [Theory]
    [InlineData("[]", "$")]
    [InlineData("null", "$")]
    [InlineData("{", "$")]
    [InlineData("""{ "muc#roomconfig_roomname": "x" }""", "$['muc#roomconfig_roomname']")]
    [InlineData("""{ "roomname": "x", "roomname": "y" }""", "$.roomname")]
    [InlineData("""{ "roomname": 1, "membersonly": "yes", "maxusers": -1, "whois": "nobody", "colour": "red" }""",
        "$.roomname", "$.membersonly", "$.maxusers", "$.whois", "$.colour")]
    [InlineData("""{ "roomdesc": "a\u0007b", "subject": "a\uffffb", "lang": null, "roomname": "\ufffe" }""", "$.roomdesc", "$.subject", "$.lang", "$.roomname")]
    [InlineData("""{ "subject": "\ud800" }""", "$")]
    [InlineData("""{ "\udc00": 1 }""", "$")]
    [InlineData("""{ "maxusers": 1.5, "historylength": 99999999, "allowpm": "all" }""", "$.maxusers", "$.historylength", "$.allowpm")]
    [InlineData("""{ "presencebroadcast": [] }""", "$.presencebroadcast")]
    [InlineData("""{ "presencebroadcast": ["visitor"] }""", "$.presencebroadcast")]
    [InlineData("""{ "presencebroadcast": ["moderator", "moderator"] }""", "$.presencebroadcast")]
    [InlineData("""{ "passwordprotectedroom": true, "membersonly": 1 }""", "$.membersonly", "$.roomsecret")]
    [InlineData("""{ "passwordprotectedroom": "1", "roomsecret": 1 }""", "$.passwordprotectedroom", "$.roomsecret")]
    [InlineData("""{ "passwordprotectedroom": true, "roomsecret": "" }""", "$.roomsecret")]
    [InlineData("""{ "maxusers": 999999 }""", "$.maxusers")]
    [InlineData("""{ "passwordprotectedroom": true, "roomsecret": { "secret": "set" } }""", "$.roomsecret")]
    [InlineData("""{ "roomowners": ["a@b.example"], "affiliations": [] }""", "$.roomowners", "$.affiliations")]
    [InlineData("""{ "affiliations": { "a@b.example/c": "owner", "a@b.example": "boss", "@": "owner", "x@b.example": 4, "e@b.example": "Owner" } }""",
        "$.affiliations['a@b.example/c']", "$.affiliations['a@b.example']", "$.affiliations['@']", "$.affiliations['x@b.example']", "$.affiliations['e@b.example']")]
    [InlineData("""{ "affiliations": { "A@b.example": "owner", "a@b.example": "member" } }""", "$.affiliations['a@b.example']")]
    public void Document_ThatIsNotValid_IsRefusedByPath(string json, params string[] paths)
    {
        Assert.Equal(paths, RoomDocuments.Read(json, Defaults, null, out var document).Select(problem => problem.Path));
        Assert.Null(document);
    }

    [Fact]
    public void Affiliations_ArePreparedAndNoneIsNothing()
    {
        var document = Read("""{ "affiliations": { "Romeo@Verona.example": "member", "paris@verona.example": "none", "verona.example": "admin" } }""");

        Assert.Equal([Item("romeo@verona.example", MucAffiliation.Member), Item("verona.example", MucAffiliation.Admin)], document.Affiliations.AsEnumerable());
    }

    private static MucListItem Item(string jid, MucAffiliation affiliation) => new(Jid.Parse(jid), null, affiliation, null, null);

    private static MucRoomDocument Read(string json)
    {
        Assert.Empty(RoomDocuments.Read(json, Defaults, null, out var document));
        return document!;
    }
}
