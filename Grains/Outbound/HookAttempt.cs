using System.Globalization;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;

namespace Krewe.Grains.Outbound;

/// <summary>One HTTP exchange with a tenant's service. Whatever goes wrong becomes a <see cref="HookOutcome"/>.</summary>
internal sealed class HookAttempt(HttpMessageInvoker http, TimeProvider time)
{
    /// <summary>An entity tag over this is not kept: it would be sent with every request.</summary>
    private const int ETagCharsMax = 1024;

    /// <param name="host">The virtual host whose call it is.</param>
    public async ValueTask<HookResponse> SendAsync(HookRequest request, HookHost host, string id, int bodyBytesMax, CancellationToken deadline)
    {
        var isAnswered = false;
        try
        {
            using var message = Message(request, id);
            message.Options.Set(HookHost.OfRequest, host);
            using var answer = await http.SendAsync(message, deadline);
            isAnswered = true;
            var status = (int)answer.StatusCode;
            if (answer.StatusCode != HttpStatusCode.OK)
            {
                var other = new HookResponse(answer.StatusCode == HttpStatusCode.NotModified ? HookOutcome.NotModified : HookOutcome.Status, status)
                {
                    Redirect = answer.Headers.Location is { } location ? HookOrigin.Of(location, request.Url) : null,
                };
                return request.ReadsEveryStatus && !IsEncoded(answer) ? other with { Body = await BodyIfAnyAsync(answer, bodyBytesMax, deadline) } : other;
            }

            if (IsEncoded(answer))
            {
                return new(HookOutcome.Encoded, status);
            }

            return await HookBody.ReadAsync(answer.Content, bodyBytesMax, deadline) is { } body
                ? new(HookOutcome.Ok, status) { Body = body, ETag = ETag(answer) }
                : new(HookOutcome.TooLarge, status);
        }
        catch (OperationCanceledException)
        {
            // Without a deadline passed it was the time for the connection that ran out.
            return deadline.IsCancellationRequested ? new(HookOutcome.Timeout) : new(HookOutcome.ConnectFailed) { MayRepeat = true, Cause = HookCause.ConnectTimeout };
        }
        catch (HttpRequestException e)
        {
            var outcome = isAnswered && e.InnerException is not AnswerTooLargeException ? HookOutcome.Truncated : Outcome(e);
            return new(outcome) { Cause = Cause(e), MayRepeat = outcome == HookOutcome.ConnectFailed || (outcome == HookOutcome.Closed && request.Body is null) };
        }
        catch (IOException e)
        {
            return new(e is AnswerTooLargeException ? HookOutcome.TooLarge : HookOutcome.Truncated);
        }
    }

    /// <summary>Even one that names an encoding twice, or none that exists.</summary>
    private static bool IsEncoded(HttpResponseMessage answer) =>
        answer.Content.Headers.NonValidated.TryGetValues("Content-Encoding", out var encodings) && encodings.Any(static each => !each.Equals("identity", StringComparison.OrdinalIgnoreCase));

    /// <summary>The status has come and stands, whatever becomes of the body.</summary>
    private static async ValueTask<ReadOnlyMemory<byte>> BodyIfAnyAsync(HttpResponseMessage answer, int bytesMax, CancellationToken deadline)
    {
        try
        {
            return await HookBody.ReadAsync(answer.Content, bytesMax, deadline) ?? default;
        }
        catch (Exception e) when (e is OperationCanceledException or HttpRequestException or IOException)
        {
            return default;
        }
    }

    private HttpRequestMessage Message(HookRequest request, string id)
    {
        var message = new HttpRequestMessage(request.Method, request.Url);
        message.Headers.TryAddWithoutValidation("Accept", request.Accept);
        message.Headers.TryAddWithoutValidation("User-Agent", "Krewe");
        if (request.Authorization is { } authorization)
        {
            message.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        if (request.IfNoneMatch is { } tag)
        {
            message.Headers.TryAddWithoutValidation("If-None-Match", tag);
        }

        if (request.Body is { } body)
        {
            message.Content = new ReadOnlyMemoryContent(body) { Headers = { ContentType = new MediaTypeHeaderValue(request.ContentType) } };
        }

        if (!request.Secrets.IsDefaultOrEmpty)
        {
            var timestamp = time.GetUtcNow().ToUnixTimeSeconds();
            var payload = request.Body ?? Encoding.UTF8.GetBytes($"{request.Method.Method} {request.Url.PathAndQuery}");
            message.Headers.TryAddWithoutValidation("webhook-id", id);
            message.Headers.TryAddWithoutValidation("webhook-timestamp", timestamp.ToString(CultureInfo.InvariantCulture));
            message.Headers.TryAddWithoutValidation("webhook-signature", HookSignature.Sign(id, timestamp, payload.Span, request.Secrets));
        }

        return message;
    }

    private static HookOutcome Outcome(HttpRequestException e) => (e.InnerException, e.HttpRequestError) switch
    {
        (EgressRefusedException, _) => HookOutcome.EgressRefused,
        (AnswerTooLargeException, _) => HookOutcome.TooLarge,
        (_, HttpRequestError.SecureConnectionError) => HookOutcome.TlsFailed,
        (_, HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError) => HookOutcome.ConnectFailed,
        (_, HttpRequestError.ConfigurationLimitExceeded) => HookOutcome.TooLarge,
        (_, HttpRequestError.InvalidResponse) => HookOutcome.Malformed,
        _ => HookOutcome.Closed,
    };

    private static HookCause Cause(HttpRequestException e) => e.InnerException switch
    {
        CertificateRefusedException { Cause: var cause } => cause,
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain or SocketError.NoRecovery } => HookCause.NameNotResolved,
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => HookCause.ConnectionRefused,
        SocketException { SocketErrorCode: SocketError.TimedOut } => HookCause.ConnectTimeout,
        _ => HookCause.Unknown,
    };

    private static string? ETag(HttpResponseMessage answer) =>
        answer.Headers.NonValidated.TryGetValues("ETag", out var values) && values.ToString() is { Length: > 0 and <= ETagCharsMax } tag ? tag : null;
}
