using System.Collections.Immutable;
using System.Net.Http;

namespace Krewe.Grains.Outbound;

/// <summary>One kind of hook of one host, with what bounds its calls. A changed one gets a new pipeline.</summary>
/// <param name="Host">The virtual host's domain.</param>
/// <param name="Hook">For metrics and logs: <c>roster</c>.</param>
/// <param name="Deadline">The whole call's, from the wait for its turn to the last byte of the body.</param>
/// <param name="BodyBytesMax">How much of an answer is read.</param>
/// <param name="Concurrency">How many calls may be under way; 0 for no limit.</param>
/// <param name="CallsPerSecond">0 for no limit.</param>
internal sealed record HookEndpoint(string Host, string Hook, TimeSpan Deadline, int BodyBytesMax, int Concurrency, int CallsPerSecond)
{
    /// <summary>Which of the host's hooks of this kind, where it may have several: the room service's domain.</summary>
    public string Part { get; init; } = "";

    /// <summary>How much of answers may come in a second, one with another; 0 for no limit. For hooks whose answers are large, and work to read.</summary>
    public long AnswerBytesPerSecond { get; init; }

    /// <summary>The service's certificate is not verified.</summary>
    public bool IsInsecure { get; init; }
}

/// <summary>What is sent. Holds secrets: never logged.</summary>
internal sealed record HookRequest(Uri Url)
{
    public HttpMethod Method { get; init; } = HttpMethod.Get;

    /// <summary>Null for a request without a body.</summary>
    public ReadOnlyMemory<byte>? Body { get; init; }

    /// <summary>The body's.</summary>
    public string ContentType { get; init; } = "application/json";

    public string Accept { get; init; } = "application/json";

    /// <summary>The whole value of <c>Authorization</c>.</summary>
    public string? Authorization { get; init; }

    /// <summary>An entity tag as it was received.</summary>
    public string? IfNoneMatch { get; init; }

    public ImmutableArray<ReadOnlyMemory<byte>> Secrets { get; init; } = [];

    /// <summary>Whether the bodies of other statuses than 200 are read too; one that cannot be leaves the bare status.</summary>
    public bool ReadsEveryStatus { get; init; }
}

internal enum HookOutcome
{
    /// <summary>Status 200 and a whole body.</summary>
    Ok,

    /// <summary>Status 304.</summary>
    NotModified,

    /// <summary>Any other status, redirects included.</summary>
    Status,

    /// <summary>The deadline passed.</summary>
    Timeout,

    /// <summary>The name did not resolve, or no connection could be made.</summary>
    ConnectFailed,

    /// <summary>Every address of the name is refused by the <see cref="EgressPolicy"/>.</summary>
    EgressRefused,

    TlsFailed,

    /// <summary>The connection ended before there was an answer.</summary>
    Closed,

    /// <summary>The connection ended within the body.</summary>
    Truncated,

    /// <summary>The body or the header is over its limit.</summary>
    TooLarge,

    /// <summary>What came is not HTTP.</summary>
    Malformed,

    /// <summary>The body has a <c>Content-Encoding</c>, which was not asked for and could unpack into anything.</summary>
    Encoded,

    /// <summary>Not called: the last calls failed, and it gets a moment's rest.</summary>
    BreakerOpen,

    /// <summary>Not called: too many calls wait already.</summary>
    Overloaded,
}

/// <summary>What kind of outcome a call had, for bills and for whoever looks after the service.</summary>
internal enum HookAnswer
{
    /// <summary>Status 200 or 304.</summary>
    Answered,

    /// <summary>Another status that a service may mean: below 500.</summary>
    OtherStatus,

    /// <summary>It was called, and there was no answer, or none of use.</summary>
    Failed,

    /// <summary>It was not called.</summary>
    NotCalled,
}

/// <summary>Why there was no connection, as far as it can be told.</summary>
internal enum HookCause
{
    Unknown,
    NameNotResolved,
    ConnectionRefused,
    ConnectTimeout,
    CertificateExpired,
    CertificateNotYetValid,
    CertificateOfAnotherName,
    CertificateNotTrusted,
}

/// <summary>What a call came to: every way in which a tenant's service can fail is a value.</summary>
internal sealed record HookResponse(HookOutcome Outcome, int Status = 0)
{
    /// <summary>Empty unless <see cref="HookOutcome.Ok"/> or <see cref="HookRequest.ReadsEveryStatus"/>.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    public string? ETag { get; init; }

    public TimeSpan Elapsed { get; init; }

    /// <summary>The <c>webhook-id</c> of a call that was signed.</summary>
    public string? Id { get; init; }

    public HookAnswer Kind => Outcome switch
    {
        HookOutcome.Ok or HookOutcome.NotModified => HookAnswer.Answered,
        HookOutcome.Status when Status < 500 => HookAnswer.OtherStatus,
        HookOutcome.BreakerOpen or HookOutcome.Overloaded or HookOutcome.EgressRefused => HookAnswer.NotCalled,
        _ => HookAnswer.Failed,
    };

    /// <summary>Of <see cref="HookOutcome.ConnectFailed"/> and <see cref="HookOutcome.TlsFailed"/>.</summary>
    public HookCause Cause { get; init; }

    /// <summary>Where a redirect, which is not followed, points: scheme, host and port alone.</summary>
    public string? Redirect { get; init; }

    /// <summary>Whether the service has not heard of the request, or does not mind hearing it twice.</summary>
    public bool MayRepeat { get; init; }

    /// <summary>For an integrator's eyes: tells of the outcome, never of the body or the URL.</summary>
    public string Describe() => Outcome switch
    {
        HookOutcome.Status or HookOutcome.Ok or HookOutcome.NotModified => $"status {Status}",
        _ => Name,
    };

    /// <summary>The outcome's name in metrics and logs.</summary>
    public string Name => Outcome switch
    {
        HookOutcome.Ok => "ok",
        HookOutcome.NotModified => "not-modified",
        HookOutcome.Status => "status",
        HookOutcome.Timeout => "timeout",
        HookOutcome.ConnectFailed => "connect-failed",
        HookOutcome.EgressRefused => EgressRefused,
        HookOutcome.TlsFailed => "tls-failed",
        HookOutcome.Closed => "closed",
        HookOutcome.Truncated => "truncated",
        HookOutcome.TooLarge => "too-large",
        HookOutcome.Malformed => "malformed",
        HookOutcome.Encoded => "encoded",
        HookOutcome.BreakerOpen => BreakerOpen,
        _ => Overloaded,
    };

    private const string EgressRefused = "egress-refused";
    private const string BreakerOpen = "breaker-open";
    private const string Overloaded = "overloaded";

    /// <summary>Whether an outcome's name is of a call that was not made.</summary>
    public static bool IsNameOfNoCall(string name) => name is EgressRefused or BreakerOpen or Overloaded;
}
