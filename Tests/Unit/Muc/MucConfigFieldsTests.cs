using System.Collections.Immutable;
using Krewe.Contracts.Muc;
using Krewe.Frontend.Muc;
using Krewe.Grains.Muc;

namespace Krewe.Tests.Unit.Muc;

/// <summary>The table of a room's settings: complete, unambiguous, and the same both ways.</summary>
public sealed class MucConfigFieldsTests
{
    private static readonly MucRoomConfig Full = new()
    {
        Name = "A Dark Cave",
        Description = "The place for all good witches!",
        Language = "en-GB",
        IsPersistent = true,
        IsPublic = false,
        IsMembersOnly = true,
        IsModerated = true,
        Password = "cauldronburn",
        IsNonAnonymous = true,
        MaxUsers = 13,
        MayChangeSubject = true,
        MayInvite = true,
        PrivateMessages = MucPrivateMessages.Moderators,
        HistoryLength = 5,
        PresenceBroadcastFrom = MucRole.Participant,
        MembersSeeLists = true,
    };

    [Fact]
    public void Fields_HaveEverySettingOfAConfiguration()
    {
        // A setting that had no field would be lost on the way through the values.
        Assert.Equal(Full, Copy(Full, MucRoomConfig.Default));
        Assert.Equal(MucRoomConfig.Default, Copy(MucRoomConfig.Default, Full));
    }

    [Fact]
    public void Fields_AreFoundByTheirNames()
    {
        Assert.Equal(MucConfigFields.All.Length, MucConfigFields.All.Select(field => field.Name).Distinct().Count());
        Assert.All(MucConfigFields.All, field => Assert.Same(field, MucConfigFields.Find(field.Name)));
        Assert.All(MucConfigFields.All, field => Assert.Same(field, MucConfigFields.FindInForm(field.FormName)));
        Assert.Same(MucConfigFields.Find("historylength"), MucConfigFields.FindInForm("muc#roomconfig_historylength"));
        Assert.Null(MucConfigFields.Find("enablelogging"));
    }

    [Theory]
    [InlineData("roomname", "")]
    [InlineData("lang", "de")]
    [InlineData("lang", "")]
    [InlineData("persistentroom", "true")]
    [InlineData("maxusers", "0")]
    [InlineData("maxusers", "100000")]
    [InlineData("historylength", "1000")]
    [InlineData("whois", "anyone")]
    [InlineData("allowpm", "none")]
    [InlineData("presencebroadcast", "moderator")]
    [InlineData("presencebroadcast", "visitor", "moderator", "participant")]
    [InlineData("getmemberlist")]
    [InlineData("getmemberlist", "participant")]
    public void Values_ThatAreExpected_ChangeTheirSettingAlone(string name, params string[] values)
    {
        var change = MucConfigFields.Find(name)!.Change(new MucConfigChange(), [.. values]);

        Assert.NotNull(change);
        Assert.Single(typeof(MucConfigChange).GetProperties(), property => property.CanWrite && property.GetValue(change) is not null);
    }

    [Theory]
    [InlineData("roomname", "a\nb")]
    [InlineData("roomname", "a", "b")]
    [InlineData("lang", "en_GB")]
    [InlineData("lang", "english language")]
    [InlineData("persistentroom")]
    [InlineData("persistentroom", "maybe")]
    [InlineData("persistentroom", "1", "1")]
    [InlineData("maxusers", "-1")]
    [InlineData("maxusers", "100001")]
    [InlineData("maxusers", "1e3")]
    [InlineData("historylength", "1001")]
    [InlineData("historylength", "")]
    [InlineData("whois", "everybody")]
    [InlineData("whois")]
    [InlineData("allowpm", "Anyone")]
    [InlineData("presencebroadcast")]
    [InlineData("presencebroadcast", "none")]
    [InlineData("presencebroadcast", "visitor")]
    [InlineData("presencebroadcast", "moderator", "visitor")]
    [InlineData("presencebroadcast", "moderator", "participant", "visitor", "none")]
    [InlineData("getmemberlist", "owner")]
    public void Values_ThatAreNot_ChangeNothing(string name, params string[] values) =>
        Assert.Null(MucConfigFields.Find(name)!.Change(new MucConfigChange(), [.. values]));

    [Fact]
    public void Texts_HaveABound()
    {
        var name = MucConfigFields.Find("roomname")!;

        Assert.NotNull(name.Change(new MucConfigChange(), [new string('x', 255)]));
        Assert.Null(name.Change(new MucConfigChange(), [new string('x', 256)]));
    }

    /// <summary>What rooms refuse, the table must refuse first: it can say which field it was.</summary>
    [Theory]
    [InlineData("roomname")]
    [InlineData("roomdesc")]
    [InlineData("lang")]
    [InlineData("roomsecret")]
    [InlineData("maxusers")]
    public void Bounds_AreNotWiderThanTheRooms(string name)
    {
        var field = MucConfigFields.Find(name)!;
        var largest = field.Type == MucConfigFieldType.Number ? Enumerable.Range(0, 200_000).Last(number => field.Change(new(), [$"{number}"]) is not null).ToString() : LongestText(field);

        Assert.NotNull(MucConfiguration.Apply(MucRoomConfig.Default, field.Change(new MucConfigChange(), [largest])!));
    }

    [Fact]
    public void Roles_AndAffiliations_AreReadAsTheyAreWritten()
    {
        Assert.All(Enum.GetValues<MucRole>(), role => Assert.Equal(role, MucWords.ParseRole(MucWords.WireName(role))));
        Assert.All(Enum.GetValues<MucAffiliation>(), affiliation => Assert.Equal(affiliation, MucWords.ParseAffiliation(MucWords.WireName(affiliation))));
        Assert.Null(MucWords.ParseRole("owner"));
        Assert.Null(MucWords.ParseAffiliation("moderator"));
    }

    private static string LongestText(MucConfigField field) => field.Name == "lang"
        ? "en-aaaaaaaa-bbbbbbbb-cccccccc-dddddddd-eeeeeeee-ffffffff-ggggggg"
        : new string('x', Enumerable.Range(0, 10_000).Last(length => field.Change(new(), [new string('x', length)]) is not null));

    private static MucRoomConfig Copy(MucRoomConfig from, MucRoomConfig to)
    {
        var change = MucConfigFields.All.Aggregate(new MucConfigChange(), (before, field) => field.Change(before, field.Read(from))!);
        return MucConfiguration.Apply(to, change)!;
    }
}
