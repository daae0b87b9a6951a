using System.Text;
using System.Text.Json;
using Krewe.Contracts.Delegation;
using Krewe.Grains.Delegation;

namespace Krewe.Tests.Unit.Delegation;

/// <summary>Contract §5, "Namespace": the two documents.</summary>
public sealed class DelegationAnswerTests
{
    [Theory]
    [InlineData("""{"type":"result"}""", DelegatedOutcome.Result, "")]
    [InlineData("""{"type":"result","xml":null}""", DelegatedOutcome.Result, "")]
    [InlineData("""{"xml":"<q xmlns='urn:x'/>","type":"result","more":[{}]}""", DelegatedOutcome.Result, "<q xmlns='urn:x'/>")]
    [InlineData("""{"type":"error","xml":"<error/>"}""", DelegatedOutcome.Error, "<error/>")]
    [InlineData("""{"type":"error"}""", DelegatedOutcome.Error, "")]
    [InlineData("""{"type":"result","xml":"\u00e9\ud83d\ude00"}""", DelegatedOutcome.Result, "é😀")]
    public void Answer_OfTheContract_IsTaken(string json, DelegatedOutcome outcome, string xml)
    {
        var answer = DelegationAnswer.Read(Encoding.UTF8.GetBytes(json));

        Assert.Equal((outcome, xml), (answer.Outcome, Encoding.UTF8.GetString(answer.Xml.Span)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"result\"")]
    [InlineData("{}")]
    [InlineData("""{"type":"get"}""")]
    [InlineData("""{"type":"Result"}""")]
    [InlineData("""{"type":true}""")]
    [InlineData("""{"type":null}""")]
    [InlineData("""{"type":"result","xml":[]}""")]
    [InlineData("""{"type":"result","xml":{"a":1}}""")]
    [InlineData("""{"type":"result","xml":"\ud83d"}""")]
    [InlineData("""{"type":"result","type":"error"}""")]
    [InlineData("""{"type":"result"} {}""")]
    [InlineData("""{"type":"result",}""")]
    public void Answer_OfAnythingElse_IsMalformed(string json) =>
        Assert.Equal(DelegatedOutcome.Malformed, DelegationAnswer.Read(Encoding.UTF8.GetBytes(json)).Outcome);

    [Fact]
    public void Answer_ThatIsNotUtf8OrTooDeep_IsMalformed()
    {
        Assert.Equal(DelegatedOutcome.Malformed, DelegationAnswer.Read("{\"type\":\"result\",\"xml\":\"\xFF\"}"u8.ToArray().Select(b => b == 0xC3 ? (byte)0xFF : b).ToArray()).Outcome);
        Assert.Equal(DelegatedOutcome.Malformed, DelegationAnswer.Read(Encoding.UTF8.GetBytes($"{{\"type\":\"result\",\"a\":{new string('[', 100)}{new string(']', 100)}}}")).Outcome);
    }

    [Fact]
    public void Request_IsTheContracts()
    {
        var iq = new DelegatedIq("urn:x", "http://a/", "juliet@verona.example/r", null, "é\"1", "set", "urn:x", Encoding.UTF8.GetBytes("<iq xmlns='jabber:client'>\\\u2028</iq>"));
        var json = JsonDocument.Parse(DelegationClient.Body("verona.example", iq)).RootElement;

        Assert.Equal(["host", "from", "id", "type", "namespace", "xml"], json.EnumerateObject().Select(member => member.Name));
        Assert.Equal(("é\"1", "<iq xmlns='jabber:client'>\\\u2028</iq>"), (json.GetProperty("id").GetString(), json.GetProperty("xml").GetString()));
        json = JsonDocument.Parse(DelegationClient.Body("verona.example", iq with { To = "verona.example" })).RootElement;
        Assert.Equal("verona.example", json.GetProperty("to").GetString());
    }
}
