using System.Text.Json;
using Krewe.Contracts.Delegation;
using Krewe.Contracts.Doctor;
using Krewe.Grains.Delegation;
using Krewe.Grains.Outbound;

namespace Krewe.Grains.Doctor;

/// <summary>The answer of a web service to a request of its namespace, as <see cref="DelegationClient"/> takes it. Its XML is for whoever knows XML.</summary>
internal static class NamespaceJudgement
{
    public static HookExamination Of(HookResponse response, HookExamination about)
    {
        if (response.Outcome != HookOutcome.Ok)
        {
            return about with { Finding = HookFinding.Status };
        }

        var answer = DelegationAnswer.Read(response.Body);
        return answer.Outcome switch
        {
            DelegatedOutcome.Result => about with { Xml = answer.Xml },
            DelegatedOutcome.Error => about with { Finding = HookFinding.ErrorReply, Xml = answer.Xml },
            _ => Fault(response.Body, about),
        };
    }

    private static HookExamination Fault(ReadOnlyMemory<byte> body, HookExamination about)
    {
        if (JsonFaults.OfObject(body, about, isMarkAllowed: false) is { } fault)
        {
            return fault;
        }

        // The first says whether there is a good type; what else can be wrong is the xml, or a member that is there twice.
        using var document = JsonDocument.Parse(body);
        var hasType = document.RootElement.TryGetProperty("type"u8, out var type) && type.ValueKind == JsonValueKind.String && (type.ValueEquals("result"u8) || type.ValueEquals("error"u8));
        return hasType
            ? JsonFaults.AtMember(body, "xml"u8, about, HookExpectation.ReplyXml)
            : JsonFaults.AtMember(body, "type"u8, about, HookExpectation.ReplyType);
    }
}
