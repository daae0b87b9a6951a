using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;

namespace Krewe.Tests.Grains.Muc.Rooms;

/// <summary>XEP-0045 §5.1.1, §5.2.1: what comes with a role and what with an affiliation, in a moderated room, of those inside and outside.</summary>
public sealed class PrivilegeTests(RoomSilo silo) : IClassFixture<RoomSilo>
{
    private const string Everybody = "write-one";
    private const string Participants = $"{Everybody} speak";
    private const string Moderators = $"{Participants} subject voice kick list-voices";
    private const string Admins = "list-members ban make-member";
    private const string Owners = $"{Admins} make-admin configuration configure destroy";

    [Theory]
    [InlineData(MucAffiliation.None, MucRole.Visitor, Everybody)]
    [InlineData(MucAffiliation.None, MucRole.Participant, Participants)]
    [InlineData(MucAffiliation.None, MucRole.Moderator, Moderators)]
    [InlineData(MucAffiliation.Member, MucRole.Visitor, Everybody)]
    [InlineData(MucAffiliation.Member, MucRole.Participant, Participants)]
    [InlineData(MucAffiliation.Member, MucRole.Moderator, Moderators)]
    [InlineData(MucAffiliation.Admin, MucRole.Moderator, $"{Moderators} make-moderator {Admins}")]
    [InlineData(MucAffiliation.Owner, MucRole.Moderator, $"{Moderators} make-moderator {Owners}")]
    [InlineData(MucAffiliation.Outcast, MucRole.None, "")]
    [InlineData(MucAffiliation.None, MucRole.None, "")]
    [InlineData(MucAffiliation.Member, MucRole.None, "")]
    [InlineData(MucAffiliation.Admin, MucRole.None, Admins)]
    [InlineData(MucAffiliation.Owner, MucRole.None, Owners)]
    public async Task EverybodyMayWhatTheyMay_AndNothingElse(MucAffiliation affiliation, MucRole role, string expected)
    {
        var stage = new RoomStage(silo, service => service with { RoomDefaults = MucRoomConfig.Default with { IsModerated = true } });
        await stage.EnterAllAsync("romeo", "nurse", "tybalt", "paris");
        Assert.Null(await stage.SetAffiliationAsync("romeo", "juliet", affiliation));
        if (role != MucRole.None)
        {
            await stage.EnterAsync("juliet");
            Assert.Null(affiliation >= MucAffiliation.Admin ? null : await stage.SetRoleAsync("romeo", "Juliet", role));
        }

        var done = new List<string>();
        foreach (var (name, doAsync) in Operations(stage, "juliet"))
        {
            if (await doAsync() is not { } refusal)
            {
                done.Add(name);
            }
            else
            {
                Assert.Contains(refusal.Condition, new[] { StanzaErrorCondition.Forbidden, StanzaErrorCondition.NotAcceptable });
            }
        }

        Assert.Equal(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal), done.Order(StringComparer.Ordinal));
    }

    /// <summary>The room's end last; each upon somebody who has only what every visitor has.</summary>
    private static (string Name, Func<Task<StanzaError?>> DoAsync)[] Operations(RoomStage stage, string actor) =>
    [
        ("write-one", () => stage.SayAsync(actor, "psst", to: "Nurse")),
        ("speak", () => stage.SayAsync(actor, "hello")),
        ("subject", () => stage.SubjectAsync(actor, "love")),
        ("voice", () => stage.SetRoleAsync(actor, "Nurse", MucRole.Participant)),
        ("make-moderator", () => stage.SetRoleAsync(actor, "Paris", MucRole.Moderator)),
        ("list-voices", async () => (await stage.Grain.ListAsync(stage.Session(actor).Jid, null, MucRole.Participant)).Error),
        ("kick", () => stage.SetRoleAsync(actor, "Tybalt", MucRole.None)),
        ("list-members", async () => (await stage.Grain.ListAsync(stage.Session(actor).Jid, MucAffiliation.Member, null)).Error),
        ("ban", () => stage.SetAffiliationAsync(actor, "tybalt", MucAffiliation.Outcast)),
        ("make-member", () => stage.SetAffiliationAsync(actor, "nurse", MucAffiliation.Member)),
        ("make-admin", () => stage.SetAffiliationAsync(actor, "nurse", MucAffiliation.Admin)),
        ("configuration", async () => (await stage.Grain.ConfigurationAsync(stage.Session(actor).Jid)).Error),
        ("configure", () => stage.Grain.ConfigureAsync(stage.Session(actor).Jid, new MucConfigChange { Name = "Verona" })),
        ("destroy", () => stage.Grain.DestroyAsync(stage.Session(actor).Jid, new MucDestroy(null, null, null))),
    ];
}
