using System.Text;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;
using Krewe.Grains.Muc;
using Krewe.Grains.Outbound;

namespace Krewe.Tests.Unit.Muc;

/// <summary>What answers about joins mean, whatever a tenant's application makes of them.</summary>
public sealed class MucAuthAnswerTests
{
    [Theory]
    [InlineData("""{"allowed":true}""")]
    [InlineData("""{"allowed":true,"error":"none"}""")]
    [InlineData(""" { "x" : [ { "allowed" : false } ] , "\u0061llowed" : true } """)]
    [InlineData("\uFEFF{\"allowed\":true}")]
    [InlineData("""{"allowed":true,"affiliation":7,"role":"king","expires_in":"soon","any_nickname":"yes","reason":[],"condition":"gone","error":{}}""")]
    [InlineData("""{"\ud800":1,"allowed":true,"error":"\udc00"}""")]
    public void Read_TrueWith200_IsAdmitted(string body) => Assert.Equal(MucAnswerKind.Admitted, Read(200, body).Kind);

    [Theory]
    [InlineData(201)]
    [InlineData(204)]
    [InlineData(206)]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(304)]
    [InlineData(307)]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(404)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public void Read_OtherStatus_AdmitsNobody_ButMayRefuse(int status)
    {
        Assert.Equal(MucAnswerKind.Failed, Read(status, """{"allowed":true}""").Kind);
        Assert.Equal(MucAnswerKind.Failed, Read(status, """{"allowed":"false"}""").Kind);
        Assert.Equal(MucAnswerKind.Failed, Read(status, "{}").Kind);
        Assert.Equal(MucAnswerKind.Failed, Read(status, "").Kind);
        Assert.Equal(status == 304 ? MucAnswerKind.Failed : MucAnswerKind.Refused, Read(status, """{"allowed":false}""").Kind);
    }

    [Theory]
    [InlineData("""{"allowed":true}""")]
    [InlineData("""{"allowed":false}""")]
    [InlineData("{}")]
    [InlineData("")]
    [InlineData("Forbidden")]
    [InlineData("{\"allowed\":")]
    public void Read_403_IsRefused(string body) => Assert.Equal(MucAnswerKind.Refused, Read(403, body).Kind);

    [Theory]
    [InlineData("""{"allowed":"false"}""")]
    [InlineData("""{"allowed":"true"}""")]
    [InlineData("""{"allowed":0}""")]
    [InlineData("""{"allowed":1}""")]
    [InlineData("""{"allowed":""}""")]
    [InlineData("""{"allowed":null}""")]
    [InlineData("""{"allowed":[true]}""")]
    [InlineData("""{"allowed":{"allowed":true}}""")]
    [InlineData("""{"Allowed":true}""")]
    [InlineData("{}")]
    [InlineData("""{"error":"who?"}""")]
    [InlineData("""{"allowed":false,"allowed":true}""")]
    [InlineData("""{"allowed":true,"allowed":true}""")]
    [InlineData("""{"allowed":true,"\u0061llowed":false}""")]
    public void Read_200WithoutABoolean_IsMalformed(string body) => Assert.Equal(MucAnswerKind.Malformed, Read(200, body).Kind);

    [Theory]
    [InlineData("")]
    [InlineData("true")]
    [InlineData("false")]
    [InlineData("7")]
    [InlineData("null")]
    [InlineData("\"x\"")]
    [InlineData("[]")]
    [InlineData("[{\"allowed\":true}]")]
    [InlineData("<html>oops</html>")]
    [InlineData("{\"allowed\":true")]
    [InlineData("{\"allowed\":true}x")]
    [InlineData("{\"allowed\":true,}")]
    [InlineData("{allowed:true}")]
    [InlineData("{\"allowed\":true} {\"allowed\":true}")]
    [InlineData("{\"allowed\":true/**/}")]
    public void Read_200WithoutAnObject_IsAFailure(string body) => Assert.Equal(MucAnswerKind.Failed, Read(200, body).Kind);

    [Fact]
    public void Read_TooDeep_IsAFailure() =>
        Assert.Equal(MucAnswerKind.Failed, Read(200, "{\"x\":" + new string('[', 100) + new string(']', 100) + ",\"allowed\":true}").Kind);

    [Fact]
    public void Read_BytesThatAreNoText_CostNothingButThemselves()
    {
        byte[] body = [.. "{\"allowed\":true,\"reason\":\""u8, 0xFF, 0xC0, .. "\",\""u8, 0xFF, .. "\":1}"u8];

        var answer = MucAuthAnswer.Read(new(HookOutcome.Ok, 200) { Body = body });

        Assert.Equal((MucAnswerKind.Admitted, null, 1), (answer.Kind, answer.Reason, answer.IgnoredCount));
    }

    [Theory]
    [InlineData(nameof(HookOutcome.Timeout))]
    [InlineData(nameof(HookOutcome.ConnectFailed))]
    [InlineData(nameof(HookOutcome.EgressRefused))]
    [InlineData(nameof(HookOutcome.TlsFailed))]
    [InlineData(nameof(HookOutcome.Closed))]
    [InlineData(nameof(HookOutcome.Truncated))]
    [InlineData(nameof(HookOutcome.TooLarge))]
    [InlineData(nameof(HookOutcome.Malformed))]
    [InlineData(nameof(HookOutcome.Encoded))]
    [InlineData(nameof(HookOutcome.BreakerOpen))]
    [InlineData(nameof(HookOutcome.Overloaded))]
    [InlineData(nameof(HookOutcome.NotModified))]
    public void Read_NoWholeAnswer_IsAFailure(string outcome) =>
        Assert.Equal(MucAnswerKind.Failed, MucAuthAnswer.Read(new(Enum.Parse<HookOutcome>(outcome), 200) { Body = "{\"allowed\":true}"u8.ToArray() }).Kind);

    [Fact]
    public void Read_RichAdmission_CarriesEverything()
    {
        var answer = Read(200, """{"allowed":true,"affiliation":"admin","role":"moderator","expires_in":12.5,"any_nickname":true,"error":"e"}""");

        Assert.Equal(
            new MucAuthAnswer(MucAnswerKind.Admitted)
            {
                Affiliation = MucAffiliation.Admin, Role = MucRole.Moderator, ExpiresIn = TimeSpan.FromSeconds(12.5), IsAnyNickname = true, Error = "e",
            },
            answer);
    }

    [Fact]
    public void Read_RichRefusal_CarriesEverything()
    {
        var answer = Read(404, """{"allowed":false,"affiliation":"outcast","reason":"Not today.","condition":"item-not-found","expires_in":60,"error":"e"}""");

        Assert.Equal(
            new MucAuthAnswer(MucAnswerKind.Refused)
            {
                Affiliation = MucAffiliation.Outcast, Reason = "Not today.", Condition = StanzaErrorCondition.ItemNotFound, ExpiresIn = TimeSpan.FromMinutes(1), Error = "e",
            },
            answer);
    }

    [Theory]
    [InlineData("owner", MucAffiliation.Owner)]
    [InlineData("admin", MucAffiliation.Admin)]
    [InlineData("member", MucAffiliation.Member)]
    [InlineData("none", MucAffiliation.None)]
    [InlineData("outcast", MucAffiliation.Outcast)]
    public void Affiliation_Words_AreThoseOfTheRoom_AndAnOutcastIsNeverAdmitted(string word, MucAffiliation affiliation)
    {
        var answer = Read(200, $$"""{"allowed":true,"affiliation":"{{word}}"}""");

        Assert.Equal((affiliation == MucAffiliation.Outcast ? MucAnswerKind.Refused : MucAnswerKind.Admitted, affiliation), (answer.Kind, answer.Affiliation));
    }

    [Theory]
    [InlineData("moderator", MucRole.Moderator)]
    [InlineData("participant", MucRole.Participant)]
    [InlineData("visitor", MucRole.Visitor)]
    public void Role_Words_AreThoseOfTheRoom(string word, MucRole role) => Assert.Equal(role, Read(200, $$"""{"allowed":true,"role":"{{word}}"}""").Role);

    [Theory]
    [InlineData("forbidden", StanzaErrorCondition.Forbidden)]
    [InlineData("registration-required", StanzaErrorCondition.RegistrationRequired)]
    [InlineData("item-not-found", StanzaErrorCondition.ItemNotFound)]
    [InlineData("service-unavailable", StanzaErrorCondition.ServiceUnavailable)]
    [InlineData("not-authorized", null)]
    public void Condition_OneOfFive_Counts(string word, StanzaErrorCondition? condition)
    {
        var answer = Read(200, $$"""{"allowed":false,"condition":"{{word}}"}""");

        Assert.Equal((condition, 0), (answer.Condition, answer.IgnoredCount));
    }

    [Theory]
    [InlineData("""{"affiliation":"Owner"}""", 1)]
    [InlineData("""{"affiliation":true,"role":"none"}""", 2)]
    [InlineData("""{"role":["moderator"]}""", 1)]
    [InlineData("""{"expires_in":-1}""", 1)]
    [InlineData("""{"expires_in":"60"}""", 1)]
    [InlineData("""{"any_nickname":1}""", 1)]
    [InlineData("""{"reason":7,"condition":"gone","error":false}""", 3)]
    [InlineData("""{"role":"visitor","role":"moderator"}""", 1)]
    [InlineData("""{"role":"visitor","role":"visitor","role":"visitor"}""", 1)]
    [InlineData("""{"affiliation":null,"role":null,"expires_in":null,"any_nickname":null,"reason":null,"condition":null,"error":null}""", 0)]
    [InlineData("""{"color":"red","color":"blue","allow":true}""", 0)]
    public void Value_OfNoUse_IsLeftOutAndCounted(string members, int ignored) =>
        Assert.Equal(new MucAuthAnswer(MucAnswerKind.Admitted) { IgnoredCount = ignored }, Read(200, $$"""{"allowed":true,{{members[1..]}}"""));

    [Theory]
    [InlineData("0", 0)]
    [InlineData("-0.0", 0)]
    [InlineData("0.25", 0.25)]
    [InlineData("3e2", 300)]
    [InlineData("31536000", 31_536_000)]
    [InlineData("31536001", 31_536_000)]
    [InlineData("1e308", 31_536_000)]
    [InlineData("1e999", 31_536_000)]
    public void ExpiresIn_IsBoundedToAYear(string number, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Read(200, $$"""{"allowed":true,"expires_in":{{number}}}""").ExpiresIn);

    [Theory]
    [InlineData("Not today.", "Not today.")]
    [InlineData("<b>&amp;</b>", "<b>&amp;</b>")]
    [InlineData("""a\u0000b\u001b[31mc\u007fd\u0085e""", "ab[31mcde")]
    [InlineData("""\n line\tone\r\nline two\n""", "line one  line two")]
    [InlineData("""\ufffe\uffffx""", "x")]
    [InlineData("zoë 🎭", "zoë 🎭")]
    [InlineData("""\u0001 \n""", null)]
    [InlineData("", null)]
    public void Reason_IsPlain(string json, string? shown) => Assert.Equal(shown, Read(200, $$"""{"allowed":false,"reason":"{{json}}"}""").Reason);

    [Fact]
    public void Reason_TooLong_IsCutBetweenCharacters()
    {
        var answer = Read(200, $$"""{"allowed":false,"reason":"{{new string('x', MucAuthFields.TextCharsMax - 1)}}🎭🎭"}""");

        Assert.Equal(new string('x', MucAuthFields.TextCharsMax - 1), answer.Reason);
        Assert.Equal(MucAuthFields.TextCharsMax, Read(200, $$"""{"allowed":false,"reason":"{{new string('x', 9999)}}"}""").Reason!.Length);
    }

    private static MucAuthAnswer Read(int status, string body) => MucAuthAnswer.Read(
        new(status switch { 200 => HookOutcome.Ok, 304 => HookOutcome.NotModified, _ => HookOutcome.Status }, status) { Body = Encoding.UTF8.GetBytes(body) });
}
