namespace Krewe.Contracts.Muc;

/// <summary>Changes of a room's configuration as a pure function.</summary>
public static class MucConfiguration
{
    public const int NameCharactersMax = 256;

    public const int DescriptionCharactersMax = 4096;

    private const int PasswordCharactersMax = 1023;

    private const int LanguageCharactersMax = 64;

    private const int UsersMax = 100_000;

    /// <summary>The configuration after a change; null when a value is not acceptable (XEP-0045 §10.2).</summary>
    public static MucRoomConfig? Apply(MucRoomConfig config, MucConfigChange change)
    {
        var after = config with
        {
            Name = Text(change.Name, config.Name),
            Description = Text(change.Description, config.Description),
            Language = Text(change.Language, config.Language),
            IsPersistent = change.IsPersistent ?? config.IsPersistent,
            IsPublic = change.IsPublic ?? config.IsPublic,
            IsMembersOnly = change.IsMembersOnly ?? config.IsMembersOnly,
            IsModerated = change.IsModerated ?? config.IsModerated,
            Password = change.IsPasswordProtected == false ? null : Text(change.Password, config.Password),
            IsNonAnonymous = change.IsNonAnonymous ?? config.IsNonAnonymous,
            MaxUsers = change.MaxUsers ?? config.MaxUsers,
            MayChangeSubject = change.MayChangeSubject ?? config.MayChangeSubject,
            MayInvite = change.MayInvite ?? config.MayInvite,
            PrivateMessages = change.PrivateMessages ?? config.PrivateMessages,
            HistoryLength = change.HistoryLength ?? config.HistoryLength,
            PresenceBroadcastFrom = change.PresenceBroadcastFrom ?? config.PresenceBroadcastFrom,
            MembersSeeLists = change.MembersSeeLists ?? config.MembersSeeLists,
        };
        return IsAcceptable(after) && (change.IsPasswordProtected != true || after.Password is not null) ? after : null;
    }

    public static bool IsAcceptable(MucRoomConfig config) =>
        (config.Name?.Length ?? 0) <= NameCharactersMax
        && (config.Description?.Length ?? 0) <= DescriptionCharactersMax
        && (config.Language?.Length ?? 0) <= LanguageCharactersMax
        && (config.Password?.Length ?? 0) <= PasswordCharactersMax
        && config.MaxUsers is >= 0 and <= UsersMax
        && config.HistoryLength is >= 0 and <= MucRoomConfig.HistoryLengthMax
        && config.PresenceBroadcastFrom is MucRole.Visitor or MucRole.Participant or MucRole.Moderator;

    private static string? Text(string? wanted, string? present) => wanted is null ? present : wanted.Length == 0 ? null : wanted;
}
