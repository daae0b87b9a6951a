using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Krewe.Contracts.Muc;
using Krewe.Frontend.Forms;

namespace Krewe.Frontend.Muc;

/// <summary>The one table of what can be set of a room (XEP-0045 §15.5.3), in the order in which forms show it: of the owner's form and of the API.</summary>
internal static partial class MucConfigFields
{
    private const int NameCharactersMax = 255;
    private const int DescriptionCharactersMax = 4096;
    private const int LanguageCharactersMax = 64;
    private const int PasswordCharactersMax = 255;

    /// <summary>More than any room can hold.</summary>
    private const int MaxUsersMax = 100_000;

    /// <summary>Highest first; a role whose presence is broadcast brings those above it.</summary>
    private static readonly ImmutableArray<MucRole> Roles = [MucRole.Moderator, MucRole.Participant, MucRole.Visitor];

    public static ImmutableArray<MucConfigField> All { get; } =
    [
        Text("roomname", "Name of the room", NameCharactersMax, config => config.Name, (change, value) => change with { Name = value }),
        Text("roomdesc", "Description of the room", DescriptionCharactersMax, config => config.Description, (change, value) => change with { Description = value }),
        new(MucConfigFieldType.Text, "lang", "Language that is spoken", "a language tag such as en-GB, or nothing")
        {
            Read = config => Shown(config.Language),
            Change = (change, values) => One(values, LanguageCharactersMax) is { } value && (value.Length == 0 || LanguageTag().IsMatch(value)) ? change with { Language = value } : null,
        },
        Boolean("persistentroom", "Stays when the last occupant leaves", config => config.IsPersistent, (change, value) => change with { IsPersistent = value }),
        Boolean("publicroom", "Listed for everybody", config => config.IsPublic, (change, value) => change with { IsPublic = value }),
        Boolean("membersonly", "Only members may enter", config => config.IsMembersOnly, (change, value) => change with { IsMembersOnly = value }),
        Boolean("moderatedroom", "Only those with voice may speak", config => config.IsModerated, (change, value) => change with { IsModerated = value }),
        Boolean("passwordprotectedroom", "A password is needed to enter", config => config.Password is not null, (change, value) => change with { IsPasswordProtected = value }),
        Text("roomsecret", "Password", PasswordCharactersMax, config => config.Password, (change, value) => change with { Password = value }) with { Type = MucConfigFieldType.Secret },
        Choice("whois", "Who sees real addresses", config => config.IsNonAnonymous, (change, value) => change with { IsNonAnonymous = value },
            (false, "moderators", "Moderators"), (true, "anyone", "Everybody")),
        Number("maxusers", "How many may be in the room", MaxUsersMax, config => config.MaxUsers, (change, value) => change with { MaxUsers = value }) with
        {
            Options = [.. new[] { "10", "20", "50", "100", "200", "500", "1000" }.Select(number => new DataFormOption(number, number)), new DataFormOption("none", "Any number")],
            ZeroWord = "none",
        },
        Boolean("changesubject", "Participants may change the subject", config => config.MayChangeSubject, (change, value) => change with { MayChangeSubject = value }),
        Boolean("allowinvites", "Members may invite others", config => config.MayInvite, (change, value) => change with { MayInvite = value }),
        Choice("allowpm", "Who may send private messages", config => config.PrivateMessages, (change, value) => change with { PrivateMessages = value },
            (MucPrivateMessages.Anyone, "anyone", "Everybody"), (MucPrivateMessages.Participants, "participants", "Those with voice"),
            (MucPrivateMessages.Moderators, "moderators", "Moderators"), (MucPrivateMessages.None, "none", "Nobody")),
        new(MucConfigFieldType.Choices, "presencebroadcast", "Roles whose presence is shown", "moderator, and then participant, and then visitor")
        {
            Options = [new("moderator", "Moderators"), new("participant", "Participants"), new("visitor", "Visitors")],
            Read = config => [.. Roles.Where(role => role >= config.PresenceBroadcastFrom).Select(MucWords.WireName)],
            Change = (change, values) => LowestRole(values) is { } role ? change with { PresenceBroadcastFrom = role } : null,
        },
        new(MucConfigFieldType.Choices, "getmemberlist", "Who may read the list of members", "moderator, or moderator and participant")
        {
            Options = [new("moderator", "Admins"), new("participant", "Members")],
            Read = config => config.MembersSeeLists ? ["moderator", "participant"] : ["moderator"],
            Change = (change, values) => values.All(value => value is "moderator" or "participant") ? change with { MembersSeeLists = values.Contains("participant") } : null,
        },
        Number("historylength", "How many messages are kept for those who enter", MucRoomConfig.HistoryLengthMax, config => config.HistoryLength,
            (change, value) => change with { HistoryLength = value }) with { FormName = "muc#maxhistoryfetch", FormAlias = "muc#roomconfig_historylength" },
    ];

    /// <summary>By the name without prefix; null for one that does not exist.</summary>
    public static MucConfigField? Find(string name) => All.FirstOrDefault(field => field.Name == name);

    /// <summary>By the name that a form has for it.</summary>
    public static MucConfigField? FindInForm(string name) => All.FirstOrDefault(field => field.FormName == name || field.FormAlias == name);

    private static MucConfigField Text(
        string name, string label, int charactersMax, Func<MucRoomConfig, string?> read, Func<MucConfigChange, string, MucConfigChange> change) =>
        new(MucConfigFieldType.Text, name, label, $"one text of at most {charactersMax} characters, without control characters")
        {
            Read = config => Shown(read(config)),
            Change = (before, values) => One(values, charactersMax) is { } value ? change(before, value) : null,
        };

    private static MucConfigField Boolean(string name, string label, Func<MucRoomConfig, bool> read, Func<MucConfigChange, bool, MucConfigChange> change) =>
        new(MucConfigFieldType.Boolean, name, label, "one of 0, 1, true, false")
        {
            Read = config => [DataFormWriter.WireName(read(config))],
            Change = (before, values) => values is [var value] && DataForm.ParseBoolean(value) is { } parsed ? change(before, parsed) : null,
        };

    private static MucConfigField Number(string name, string label, int max, Func<MucRoomConfig, int> read, Func<MucConfigChange, int, MucConfigChange> change) =>
        new(MucConfigFieldType.Number, name, label, $"a number from 0 to {max}")
        {
            Read = config => [read(config).ToString(CultureInfo.InvariantCulture)],
            Change = (before, values) =>
                values is [var value] && int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= max ? change(before, number) : null,
        };

    private static MucConfigField Choice<T>(
        string name, string label, Func<MucRoomConfig, T> read, Func<MucConfigChange, T, MucConfigChange> change, params (T Value, string Word, string Label)[] choices)
        where T : struct =>
        new(MucConfigFieldType.Choice, name, label, $"one of {string.Join(", ", choices.Select(choice => choice.Word))}")
        {
            Options = [.. choices.Select(choice => new DataFormOption(choice.Word, choice.Label))],
            Read = config => [choices.First(choice => choice.Value.Equals(read(config))).Word],
            Change = (before, values) =>
                values is [var word] && Array.FindIndex(choices, choice => choice.Word == word) is var index and >= 0 ? change(before, choices[index].Value) : null,
        };

    private static ImmutableArray<string> Shown(string? text) => text is null ? [] : [text];

    /// <summary>A text that fits; empty for none, null for what does not do.</summary>
    private static string? One(ImmutableArray<string> values, int charactersMax) => values switch
    {
        [] => "",
        [var value] when value.Length <= charactersMax && !value.Any(char.IsControl) => value,
        _ => null,
    };

    /// <summary>Null for roles with a gap above one of them, which a room cannot do, and for anything that is no role.</summary>
    private static MucRole? LowestRole(ImmutableArray<string> values)
    {
        var roles = values.Select(MucWords.ParseRole).Distinct().OrderDescending().ToArray();
        return roles.Length is > 0 and <= 3 && roles.SequenceEqual(Roles.Take(roles.Length).Cast<MucRole?>()) ? roles[^1] : null;
    }

    /// <summary>RFC 5646 §2.1, not compared with the registry.</summary>
    [GeneratedRegex("^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$")]
    private static partial Regex LanguageTag();
}
