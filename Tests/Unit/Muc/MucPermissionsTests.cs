using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;
using Krewe.Grains.Muc;

namespace Krewe.Tests.Unit.Muc;

/// <summary>XEP-0045 §5: who may do what to whom. In the tables <c>.</c> is yes, F <c>forbidden</c>, N <c>not-allowed</c>, C <c>conflict</c>.</summary>
public sealed class MucPermissionsTests
{
    /// <summary>What a moderator makes of somebody: out, visitor, participant, moderator (§8.2 to §8.6, §9.6, §9.7).</summary>
    [Theory]
    [InlineData(MucAffiliation.Owner, MucAffiliation.None, MucRole.Visitor, "....")]
    [InlineData(MucAffiliation.Owner, MucAffiliation.None, MucRole.Participant, "....")]
    [InlineData(MucAffiliation.Owner, MucAffiliation.None, MucRole.Moderator, "....")]
    [InlineData(MucAffiliation.Owner, MucAffiliation.Member, MucRole.Visitor, "....")]
    [InlineData(MucAffiliation.Owner, MucAffiliation.Member, MucRole.Participant, "....")]
    [InlineData(MucAffiliation.Owner, MucAffiliation.Member, MucRole.Moderator, "....")]
    [InlineData(MucAffiliation.Owner, MucAffiliation.Admin, MucRole.Moderator, ".NN.")]
    [InlineData(MucAffiliation.Owner, MucAffiliation.Owner, MucRole.Moderator, "NNN.")]
    [InlineData(MucAffiliation.Admin, MucAffiliation.None, MucRole.Visitor, "....")]
    [InlineData(MucAffiliation.Admin, MucAffiliation.None, MucRole.Participant, "....")]
    [InlineData(MucAffiliation.Admin, MucAffiliation.None, MucRole.Moderator, "....")]
    [InlineData(MucAffiliation.Admin, MucAffiliation.Member, MucRole.Visitor, "....")]
    [InlineData(MucAffiliation.Admin, MucAffiliation.Member, MucRole.Participant, "....")]
    [InlineData(MucAffiliation.Admin, MucAffiliation.Member, MucRole.Moderator, "....")]
    [InlineData(MucAffiliation.Admin, MucAffiliation.Admin, MucRole.Moderator, "NNN.")]
    [InlineData(MucAffiliation.Admin, MucAffiliation.Owner, MucRole.Moderator, "NNN.")]
    [InlineData(MucAffiliation.Member, MucAffiliation.None, MucRole.Visitor, "...F")]
    [InlineData(MucAffiliation.Member, MucAffiliation.None, MucRole.Participant, "...F")]
    [InlineData(MucAffiliation.Member, MucAffiliation.None, MucRole.Moderator, ".NNF")]
    [InlineData(MucAffiliation.Member, MucAffiliation.Member, MucRole.Visitor, "...F")]
    [InlineData(MucAffiliation.Member, MucAffiliation.Member, MucRole.Participant, ".N.F")]
    [InlineData(MucAffiliation.Member, MucAffiliation.Member, MucRole.Moderator, ".NNF")]
    [InlineData(MucAffiliation.Member, MucAffiliation.Admin, MucRole.Moderator, "NNNF")]
    [InlineData(MucAffiliation.Member, MucAffiliation.Owner, MucRole.Moderator, "NNNF")]
    [InlineData(MucAffiliation.None, MucAffiliation.None, MucRole.Visitor, "...F")]
    [InlineData(MucAffiliation.None, MucAffiliation.None, MucRole.Participant, "...F")]
    [InlineData(MucAffiliation.None, MucAffiliation.None, MucRole.Moderator, ".NNF")]
    [InlineData(MucAffiliation.None, MucAffiliation.Member, MucRole.Visitor, "N..F")]
    [InlineData(MucAffiliation.None, MucAffiliation.Member, MucRole.Participant, "NN.F")]
    [InlineData(MucAffiliation.None, MucAffiliation.Member, MucRole.Moderator, "NNNF")]
    [InlineData(MucAffiliation.None, MucAffiliation.Admin, MucRole.Moderator, "NNNF")]
    [InlineData(MucAffiliation.None, MucAffiliation.Owner, MucRole.Moderator, "NNNF")]
    public void Role_ByAModerator(MucAffiliation actor, MucAffiliation target, MucRole targetRole, string expected)
    {
        Assert.Equal(expected, Row<MucRole>(wanted => MucPermissions.MayChangeRole(actor, MucRole.Moderator, target, targetRole, wanted)));
        foreach (var role in new[] { MucRole.None, MucRole.Visitor, MucRole.Participant })
        {
            Assert.Equal("FFFF", Row<MucRole>(wanted => MucPermissions.MayChangeRole(actor, role, target, targetRole, wanted)));
        }
    }

    /// <summary>What somebody makes of another user: outcast, none, member, admin, owner (§9, §10.3 to §10.8).</summary>
    [Theory]
    [InlineData(MucAffiliation.Owner, MucAffiliation.Outcast, ".....")]
    [InlineData(MucAffiliation.Owner, MucAffiliation.None, ".....")]
    [InlineData(MucAffiliation.Owner, MucAffiliation.Member, ".....")]
    [InlineData(MucAffiliation.Owner, MucAffiliation.Admin, ".....")]
    [InlineData(MucAffiliation.Owner, MucAffiliation.Owner, ".....")]
    [InlineData(MucAffiliation.Admin, MucAffiliation.Outcast, "...FF")]
    [InlineData(MucAffiliation.Admin, MucAffiliation.None, "...FF")]
    [InlineData(MucAffiliation.Admin, MucAffiliation.Member, "...FF")]
    [InlineData(MucAffiliation.Admin, MucAffiliation.Admin, "NNN.F")]
    [InlineData(MucAffiliation.Admin, MucAffiliation.Owner, "NNNF.")]
    [InlineData(MucAffiliation.Member, MucAffiliation.None, "FFFFF")]
    [InlineData(MucAffiliation.Member, MucAffiliation.Owner, "FFFFF")]
    [InlineData(MucAffiliation.None, MucAffiliation.None, "FFFFF")]
    [InlineData(MucAffiliation.None, MucAffiliation.Outcast, "FFFFF")]
    [InlineData(MucAffiliation.Outcast, MucAffiliation.Outcast, "FFFFF")]
    public void Affiliation_OfSomebodyElse(MucAffiliation actor, MucAffiliation target, string expected) =>
        Assert.Equal(expected, Row<MucAffiliation>(wanted => MucPermissions.MayChangeAffiliation(actor, isSelf: false, target, wanted, hasOtherOwner: true)));

    /// <summary>One's own: nobody bans himself (§9.1), and the last owner stays (§10.5).</summary>
    [Theory]
    [InlineData(MucAffiliation.Owner, true, "C....")]
    [InlineData(MucAffiliation.Owner, false, "CCCC.")]
    [InlineData(MucAffiliation.Admin, true, "C...F")]
    [InlineData(MucAffiliation.Member, true, "FFFFF")]
    [InlineData(MucAffiliation.None, true, "FFFFF")]
    public void Affiliation_OfOneself(MucAffiliation actor, bool hasOtherOwner, string expected) =>
        Assert.Equal(expected, Row<MucAffiliation>(wanted => MucPermissions.MayChangeAffiliation(actor, isSelf: true, actor, wanted, hasOtherOwner)));

    /// <summary>By an admin, and by an admin of the host, who owns every room without being on its list.</summary>
    [Theory]
    [InlineData(MucAffiliation.Admin, "NNNN.")]
    [InlineData(MucAffiliation.Owner, "CCCC.")]
    public void Affiliation_OfTheLastOwner(MucAffiliation actor, string expected) =>
        Assert.Equal(expected, Row<MucAffiliation>(wanted => MucPermissions.MayChangeAffiliation(actor, isSelf: false, MucAffiliation.Owner, wanted, hasOtherOwner: false)));

    /// <summary>The lists of outcasts, of none, of members, admins and owners.</summary>
    [Theory]
    [InlineData(MucAffiliation.Owner, false, false, ".....")]
    [InlineData(MucAffiliation.Admin, false, false, ".....")]
    [InlineData(MucAffiliation.Member, false, false, "FFFFF")]
    [InlineData(MucAffiliation.Member, true, false, "F....")]
    [InlineData(MucAffiliation.Member, false, true, "FF.FF")]
    [InlineData(MucAffiliation.None, true, true, "FFFFF")]
    [InlineData(MucAffiliation.Outcast, true, true, "FFFFF")]
    public void List_OfAnAffiliation(MucAffiliation asker, bool membersSeeLists, bool isClosedAndNonAnonymous, string expected)
    {
        var config = MucRoomConfig.Default with { MembersSeeLists = membersSeeLists, IsMembersOnly = isClosedAndNonAnonymous, IsNonAnonymous = isClosedAndNonAnonymous };

        Assert.Equal(expected, Row<MucAffiliation>(listed => MucPermissions.MayListAffiliation(asker, listed, config)));
    }

    /// <summary>XEP-0045 §5.1.2: outcast, none, member, admin, owner.</summary>
    [Theory]
    [InlineData(false, "NPPMM")]
    [InlineData(true, "NVPMM")]
    public void Role_AtEntry(bool isModerated, string expected) =>
        Assert.Equal(expected, string.Concat(Enum.GetValues<MucAffiliation>().Select(affiliation => $"{MucPermissions.InitialRole(affiliation, isModerated)}"[0])));

    /// <summary>Owners and admins are moderators, and cease to be; others keep what they were given, and a member has a voice.</summary>
    [Theory]
    [InlineData(MucRole.Visitor, MucAffiliation.None, MucAffiliation.Member, true, MucRole.Participant)]
    [InlineData(MucRole.Visitor, MucAffiliation.None, MucAffiliation.Admin, true, MucRole.Moderator)]
    [InlineData(MucRole.Moderator, MucAffiliation.None, MucAffiliation.Member, true, MucRole.Moderator)]
    [InlineData(MucRole.Moderator, MucAffiliation.Admin, MucAffiliation.Member, true, MucRole.Participant)]
    [InlineData(MucRole.Moderator, MucAffiliation.Owner, MucAffiliation.Admin, true, MucRole.Moderator)]
    [InlineData(MucRole.Moderator, MucAffiliation.Owner, MucAffiliation.None, true, MucRole.Visitor)]
    [InlineData(MucRole.Moderator, MucAffiliation.Owner, MucAffiliation.None, false, MucRole.Participant)]
    [InlineData(MucRole.Participant, MucAffiliation.Member, MucAffiliation.None, true, MucRole.Participant)]
    [InlineData(MucRole.Participant, MucAffiliation.Member, MucAffiliation.Outcast, false, MucRole.None)]
    public void Role_AfterAChangeOfAffiliation(MucRole role, MucAffiliation before, MucAffiliation after, bool isModerated, MucRole expected) =>
        Assert.Equal(expected, MucPermissions.RoleAfter(role, before, after, isModerated));

    private static string Row<T>(Func<T, StanzaError?> may)
        where T : struct, Enum => string.Concat(Enum.GetValues<T>().Select(wanted => may(wanted)?.Condition switch
    {
        null => '.',
        StanzaErrorCondition.Forbidden => 'F',
        StanzaErrorCondition.NotAllowed => 'N',
        StanzaErrorCondition.Conflict => 'C',
        _ => '?',
    }));
}
