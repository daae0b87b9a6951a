using System.Buffers;
using System.Text.Json;
using Krewe.Frontend.Observability;
using Krewe.Frontend.Rosters;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Frontend.Http;

/// <summary>The four keys that Prosody's integrators know, and the details of the API's form.</summary>
internal sealed class RefreshAnswer(
    int status, string message, int updated, int errors, IReadOnlyList<(string Name, RefreshOutcome Outcome)>? details) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        if (status >= StatusCodes.Status400BadRequest)
        {
            httpContext.RequestServices.GetRequiredService<FrontendInstruments>().Problem(status);
        }

        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("status"u8, status >= 400 || (errors > 0 && updated == 0) ? "error" : "ok");
            json.WriteString("message"u8, message);
            json.WriteNumber("updated"u8, updated);
            json.WriteNumber("errors"u8, errors);
            if (details is not null)
            {
                json.WriteStartArray("details"u8);
                foreach (var (name, outcome) in details)
                {
                    WriteDetail(json, name, outcome);
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        httpContext.Response.StatusCode = status;
        httpContext.Response.ContentType = "application/json";
        httpContext.Response.ContentLength = buffer.WrittenCount;
        await httpContext.Response.BodyWriter.WriteAsync(buffer.WrittenMemory, httpContext.RequestAborted);
    }

    private static void WriteDetail(Utf8JsonWriter json, string name, RefreshOutcome outcome)
    {
        json.WriteStartObject();
        json.WriteString("user"u8, name);
        json.WriteString("result"u8, outcome.Result.ToString().ToLowerInvariant());
        json.WriteNumber("added"u8, outcome.Added);
        json.WriteNumber("changed"u8, outcome.Changed);
        json.WriteNumber("removed"u8, outcome.Removed);
        if (outcome.Error is { } error)
        {
            json.WriteString("error"u8, error);
        }

        if (!outcome.Skipped.IsEmpty)
        {
            json.WriteStartArray("skipped"u8);
            foreach (var entry in outcome.Skipped)
            {
                json.WriteStartObject();
                json.WriteString("jid"u8, entry.Jid);
                json.WriteString("reason"u8, entry.Reason);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}
