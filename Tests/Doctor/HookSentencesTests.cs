using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Doctor;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Doctor;

namespace Krewe.Tests.Doctor;

/// <summary>Whatever calling a hook can come to, there is a sentence for it.</summary>
public sealed class HookSentencesTests
{
    private static readonly ExaminationRequest Asked = new(Jid.Parse("juliet@verona.example"), [Jid.Parse("hall@rooms.verona.example")], []);

    public static TheoryData<HookKind, HookFinding> All
    {
        get
        {
            var all = new TheoryData<HookKind, HookFinding>();
            foreach (var kind in Enum.GetValues<HookKind>())
            {
                foreach (var finding in Enum.GetValues<HookFinding>())
                {
                    all.Add(kind, finding);
                }
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Finding_HasWholeSentences(HookKind kind, HookFinding finding)
    {
        foreach (var expected in Enum.GetValues<HookExpectation>())
        {
            var hook = new HookExamination(kind, kind == HookKind.Namespace ? "urn:x node" : "rooms.verona.example", "https://a.example", finding)
            {
                Status = 418, Expected = expected, Deadline = TimeSpan.FromSeconds(5), Elapsed = TimeSpan.FromMilliseconds(20), BodyBytes = 1, BodyBytesMax = 1000,
            };
            var item = Assert.Single(HookSentences.Of(new HooksExamined([hook], 0), HostSettings.Default("verona.example"), Asked));
            Assert.StartsWith("$.", item.Subject, StringComparison.Ordinal);
            Assert.EndsWith(".", item.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("  ", item.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("..", item.Message, StringComparison.Ordinal);
            Assert.Equal(finding is HookFinding.Good or HookFinding.Refused or HookFinding.ErrorReply, item.Level != DoctorLevel.Bad);
        }
    }

    [Fact]
    public void Failures_SayTheSameOnlyWhereTheyAreTheSame()
    {
        var words = Enum.GetValues<HookFinding>().Select(finding => HookSentences.Of(
            new HooksExamined([new HookExamination(HookKind.Roster, "", "https://a.example", finding) { Status = 500, BodyBytes = 1 }], 0), HostSettings.Default("verona.example"), Asked).First().Message);
        Assert.Equal(Enum.GetValues<HookFinding>().Length, words.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void Hooks_ThatWereLeftOut_AreCounted() => Assert.Equal(
        [DoctorItem.Note("hooks", "7 more hooks were not called: one examination calls 64.")],
        HookSentences.Of(new HooksExamined(ImmutableArray<HookExamination>.Empty, 7), HostSettings.Default("verona.example"), Asked));
}
