using System.Text;
using Krewe.Tests.Support;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Krewe.Tests.Defects;

internal delegate Task HookAnswer(HttpContext context);

/// <summary>What tenants' applications do, and what they must not.</summary>
internal static class HookAnswers
{
    private static readonly TimeSpan BetweenDrips = TimeSpan.FromMilliseconds(20);

    /// <summary>Everything that is no roster; each a word for a theory.</summary>
    public static TheoryData<string> Failures =>
    [
        "hang", "close", "raw-garbage", "truncated", "partial-then-silence", "drip", "huge", "invalid-json", "empty-body", "array", "json-null", "json-string", "json-true",
        "201", "204", "206", "301", "302", "307", "400", "401", "403", "404", "429", "500", "503",
    ];

    /// <summary>Those of <see cref="Failures"/> that last until the hook's deadline.</summary>
    public static bool IsSlow(string failure) => failure is "hang" or "drip" or "partial-then-silence";

    public static HookAnswer Failing(string how) => how switch
    {
        "hang" => HangsAsync,
        "close" => context =>
        {
            context.Abort();
            return Task.CompletedTask;
        },
        "raw-garbage" => RawAsync,
        "truncated" => async context =>
        {
            // The server notices that bytes are missing, and closes behind those that it sent.
            context.Response.ContentLength = 100;
            await context.Response.WriteAsync("{\"x@y.example\":{},");
        },
        "partial-then-silence" => async context =>
        {
            context.Response.ContentLength = 100;
            await context.Response.WriteAsync("{\"x@y.example\":{},");
            await context.Response.Body.FlushAsync();
            await HangsAsync(context);
        },
        "drip" => DripsAsync,
        "huge" => Body("{" + new string(' ', 5 * 1024 * 1024) + "}"),
        "invalid-json" => Body("{\"x@y.example\":{}"),
        "empty-body" => Body(""),
        "array" => Body("[\"x@y.example\"]"),
        "json-null" => Body("null"),
        "json-string" => Body("\"x\""),
        "json-true" => Body("true"),
        _ => Status(int.Parse(how, System.Globalization.CultureInfo.InvariantCulture)),
    };

    public static HookAnswer Body(string body) => async context =>
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes);
    };

    public static HookAnswer Status(int status) => context =>
    {
        context.Response.StatusCode = status;
        if (status is >= 300 and < 400)
        {
            context.Response.Headers.Location = "/elsewhere";
        }

        return status is 204 or 304 ? Task.CompletedTask : context.Response.WriteAsync("{\"x@y.example\":{}}");
    };

    /// <summary>Answers as the other does, once the gate is open.</summary>
    public static HookAnswer Behind(Task gate, HookAnswer answer) => async context =>
    {
        await gate.WaitAsync(Timeouts.Test, context.RequestAborted);
        await answer(context);
    };

    private static async Task HangsAsync(HttpContext context)
    {
        var aborted = new TaskCompletionSource();
        await using var registration = context.RequestAborted.Register(aborted.SetResult);
        await aborted.Task;
        context.Abort();
    }

    private static async Task RawAsync(HttpContext context)
    {
        var output = context.Features.GetRequiredFeature<IConnectionTransportFeature>().Transport.Output;
        await output.WriteAsync("this is no HTTP\r\n\r\n"u8.ToArray());
        await HangsAsync(context);
    }

    private static async Task DripsAsync(HttpContext context)
    {
        while (!context.RequestAborted.IsCancellationRequested)
        {
            await context.Response.WriteAsync(" ", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await Task.Delay(BetweenDrips, context.RequestAborted);
        }
    }
}
