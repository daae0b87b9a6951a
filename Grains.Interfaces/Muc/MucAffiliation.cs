namespace Krewe.Contracts.Muc;

/// <summary>XEP-0045 §5.2: a user's long-lived standing in a room, in rising order.</summary>
public enum MucAffiliation : byte
{
    /// <summary>Banned.</summary>
    Outcast = 0,
    None = 1,
    Member = 2,
    Admin = 3,
    Owner = 4,
}

/// <summary>XEP-0045 §5.1: what an occupant may do during this visit, in rising order.</summary>
public enum MucRole : byte
{
    /// <summary>Not in the room.</summary>
    None = 0,
    Visitor = 1,
    Participant = 2,
    Moderator = 3,
}
