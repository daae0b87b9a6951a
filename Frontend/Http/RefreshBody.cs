using System.Buffers;
using System.Text.Json;
using Krewe.Contracts.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Krewe.Frontend.Http;

/// <summary>The body of a refresh: a JSON array of strings, whatever its media type. Read whole, within limits; anything else is refused with the four keys.</summary>
internal static class RefreshBody
{
    public const int BytesMax = 8 * 1024 * 1024;
    public const int NamesMax = 100_000;

    public static async Task<(IReadOnlyList<string>? Names, IResult? Refused)> ReadAsync(HttpRequest request, string host, LargeWork large, CancellationToken cancellationToken)
    {
        // The bound is ours, below. At one of its own Kestrel would cut the connection while the caller still sends, and he would never see the answer; so it
        // throws the rest away for some seconds instead.
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = null;
        }

        if (request.ContentLength > BytesMax)
        {
            return (null, TooLarge);
        }

        while (true)
        {
            var read = await request.BodyReader.ReadAsync(cancellationToken);
            if (read.Buffer.Length > BytesMax)
            {
                request.BodyReader.AdvanceTo(read.Buffer.End);
                return (null, TooLarge);
            }

            if (read.IsCompleted)
            {
                var parsed = read.Buffer.Length < LargeWork.BytesMin ? Parse(read.Buffer) : await large.RunAsync(host, () => Parse(read.Buffer));
                request.BodyReader.AdvanceTo(read.Buffer.End);
                return parsed;
            }

            request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static IResult TooLarge => ApiResults.Problem(StatusCodes.Status413PayloadTooLarge, $"At most {NamesMax} names and {BytesMax} bytes.");

    private static (IReadOnlyList<string>? Names, IResult? Refused) Parse(ReadOnlySequence<byte> body)
    {
        var names = new List<string>();
        try
        {
            var reader = new Utf8JsonReader(body);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
            {
                return (null, NoArray);
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.String)
            {
                names.Add(reader.GetString()!);
                if (names.Count > NamesMax)
                {
                    return (null, TooLarge);
                }
            }

            // The reader itself refuses what follows the array.
            return reader.TokenType == JsonTokenType.EndArray && !reader.Read() ? (names, null) : (null, NoArray);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return (null, NoArray);
        }
    }

    private static RefreshAnswer NoArray => new(StatusCodes.Status400BadRequest, "the body must be a JSON array of user names", 0, 0, null);
}
