using Krewe.Contracts.Muc;

namespace Krewe.Frontend.Muc;

/// <summary>The spelling of roles and affiliations (XEP-0045 §5).</summary>
internal static class MucWords
{
    public static string WireName(MucRole role) => role switch
    {
        MucRole.Visitor => "visitor",
        MucRole.Participant => "participant",
        MucRole.Moderator => "moderator",
        _ => "none",
    };

    public static string WireName(MucAffiliation affiliation) => affiliation switch
    {
        MucAffiliation.Outcast => "outcast",
        MucAffiliation.Member => "member",
        MucAffiliation.Admin => "admin",
        MucAffiliation.Owner => "owner",
        _ => "none",
    };

    /// <summary>Null for a word that is none.</summary>
    public static MucRole? ParseRole(string word) => word switch
    {
        "none" => MucRole.None,
        "visitor" => MucRole.Visitor,
        "participant" => MucRole.Participant,
        "moderator" => MucRole.Moderator,
        _ => null,
    };

    /// <summary>Null for a word that is none.</summary>
    public static MucAffiliation? ParseAffiliation(string word) => word switch
    {
        "outcast" => MucAffiliation.Outcast,
        "none" => MucAffiliation.None,
        "member" => MucAffiliation.Member,
        "admin" => MucAffiliation.Admin,
        "owner" => MucAffiliation.Owner,
        _ => null,
    };
}
