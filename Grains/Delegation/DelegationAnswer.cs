using System.Text;
using System.Text.Json;
using Krewe.Contracts.Delegation;
using Krewe.Grains.Outbound;

namespace Krewe.Grains.Delegation;

/// <summary>Reads what a tenant's service answers to a request (contract: "Namespace"). What its XML says is looked at where there is XML: in the frontend.</summary>
internal static class DelegationAnswer
{
    public static DelegatedAnswer Read(ReadOnlyMemory<byte> body)
    {
        var malformed = new DelegatedAnswer(DelegatedOutcome.Malformed);
        try
        {
            using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = HookBody.JsonDepthMax, AllowDuplicateProperties = false });
            if (document.RootElement is not { ValueKind: JsonValueKind.Object } answer || !answer.TryGetProperty("type"u8, out var type) || type.ValueKind != JsonValueKind.String)
            {
                return malformed;
            }

            var outcome = type.ValueEquals("result"u8) ? DelegatedOutcome.Result : type.ValueEquals("error"u8) ? DelegatedOutcome.Error : DelegatedOutcome.Malformed;
            if (outcome == DelegatedOutcome.Malformed || !answer.TryGetProperty("xml"u8, out var xml) || xml.ValueKind == JsonValueKind.Null)
            {
                return new(outcome);
            }

            return xml.ValueKind == JsonValueKind.String ? new(outcome, Encoding.UTF8.GetBytes(xml.GetString()!)) : malformed;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The second is for half a surrogate pair, which is no text.
            return malformed;
        }
    }
}
