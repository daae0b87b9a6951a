namespace Krewe.Contracts.Muc;

/// <summary>Who may send private messages to occupants (<c>muc#roomconfig_allowpm</c>).</summary>
public enum MucPrivateMessages : byte
{
    Anyone = 0,
    Participants = 1,
    Moderators = 2,
    None = 3,
}

/// <summary>The configuration of one room: <c>muc#roomconfig</c> of XEP-0045 §15.5.3, names without prefix in the API.</summary>
[GenerateSerializer, Immutable, Alias("muc-room-config")]
public sealed record MucRoomConfig
{
    /// <summary>More messages than this no room keeps for those who enter.</summary>
    public const int HistoryLengthMax = 1000;

    public static readonly MucRoomConfig Default = new();

    [Id(0)]
    public string? Name { get; init; }

    [Id(1)]
    public string? Description { get; init; }

    /// <summary>An RFC 5646 tag.</summary>
    [Id(2)]
    public string? Language { get; init; }

    [Id(3)]
    public bool IsPersistent { get; init; }

    /// <summary>Listed in the service's disco#items.</summary>
    [Id(4)]
    public bool IsPublic { get; init; } = true;

    [Id(5)]
    public bool IsMembersOnly { get; init; }

    [Id(6)]
    public bool IsModerated { get; init; }

    /// <summary>Null when none is needed. Secret.</summary>
    [Id(7)]
    public string? Password { get; init; }

    /// <summary>Everybody sees real JIDs (<c>whois</c> <c>anyone</c>); else only moderators.</summary>
    [Id(8)]
    public bool IsNonAnonymous { get; init; }

    /// <summary>Users, not their sessions; 0 for no limit but the host's.</summary>
    [Id(9)]
    public int MaxUsers { get; init; }

    /// <summary>Whether participants may change the subject; moderators always may.</summary>
    [Id(10)]
    public bool MayChangeSubject { get; init; }

    /// <summary>Whether members who are no admins may invite into a members-only room.</summary>
    [Id(11)]
    public bool MayInvite { get; init; }

    [Id(12)]
    public MucPrivateMessages PrivateMessages { get; init; }

    /// <summary>How many messages are kept for those who enter.</summary>
    [Id(13)]
    public int HistoryLength { get; init; } = 20;

    /// <summary>The lowest role whose presence is broadcast; <see cref="MucRole.Visitor"/> is everybody's (<c>muc#roomconfig_presencebroadcast</c>).</summary>
    [Id(14)]
    public MucRole PresenceBroadcastFrom { get; init; } = MucRole.Visitor;

    /// <summary>Members may read the lists of members, admins and owners (<c>getmemberlist</c>); else only admins.</summary>
    [Id(15)]
    public bool MembersSeeLists { get; init; }

    /// <summary>Never the password.</summary>
    public override string ToString() => nameof(MucRoomConfig);
}
