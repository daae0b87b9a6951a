using System.Text.Json;
using Krewe.Contracts.Doctor;
using Krewe.Grains.Outbound;

namespace Krewe.Grains.Doctor;

/// <summary>Where a document stops being the JSON that it should be (RFC 8259). Positions are told, what stands there is not.</summary>
internal static class JsonFaults
{
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>The fault of a document that should be one JSON object; null when it is one.</summary>
    /// <param name="isMarkAllowed">Whether the hook's reader takes a byte order mark.</param>
    public static HookExamination? OfObject(ReadOnlyMemory<byte> body, HookExamination about, bool isMarkAllowed = true)
    {
        var utf8 = isMarkAllowed ? WithoutMark(body) : body.Span;
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = HookBody.JsonDepthMax });
        try
        {
            reader.Read();
            var (isObject, start) = (reader.TokenType == JsonTokenType.StartObject, reader.TokenStartIndex);
            while (reader.Read())
            {
                // To its end: the fault may be anywhere.
            }

            return isObject ? null : At(utf8, start, about, HookFinding.WrongShape, HookExpectation.JsonObject);
        }
        catch (JsonException e)
        {
            return about with { Finding = HookFinding.NotJson, Expected = HookExpectation.JsonObject, Line = (e.LineNumber ?? -1) + 1, Byte = (e.BytePositionInLine ?? -1) + 1 };
        }
    }

    /// <summary>Points at the value of a member of the document's object, or at the object when it has none.</summary>
    public static HookExamination AtMember(ReadOnlyMemory<byte> body, ReadOnlySpan<byte> name, HookExamination about, HookExpectation expected)
    {
        var utf8 = WithoutMark(body);
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = HookBody.JsonDepthMax });
        reader.Read();
        var place = reader.TokenStartIndex;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            // The last of several: whoever wrote it twice has to look at that one.
            var isIt = !reader.ValueIsEscaped && reader.ValueTextEquals(name);
            reader.Read();
            place = isIt ? reader.TokenStartIndex : place;
            reader.Skip();
        }

        return At(utf8, place, about, HookFinding.WrongShape, expected);
    }

    private static ReadOnlySpan<byte> WithoutMark(ReadOnlyMemory<byte> body) => body.Span.StartsWith(ByteOrderMark) ? body.Span[ByteOrderMark.Length..] : body.Span;

    private static HookExamination At(ReadOnlySpan<byte> utf8, long index, HookExamination about, HookFinding finding, HookExpectation expected)
    {
        var before = utf8[..(int)index];
        return about with { Finding = finding, Expected = expected, Line = before.Count((byte)'\n') + 1, Byte = before.Length - (before.LastIndexOf((byte)'\n') + 1) + 1 };
    }
}
