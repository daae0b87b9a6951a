using System.Collections.Immutable;

namespace Krewe.Contracts.Doctor;

public enum HookKind : byte
{
    /// <summary><c>http_roster_url</c>.</summary>
    Roster = 0,

    /// <summary><c>muc_http_auth_url</c>.</summary>
    RoomAccess = 1,

    /// <summary>The <c>url</c> of a delegated namespace.</summary>
    Namespace = 2,

    /// <summary><c>http_auth_url</c>, asked whether the user exists.</summary>
    Authentication = 3,

    /// <summary>The same, asked whether a user who is made up has a password that is.</summary>
    Password = 4,
}

/// <summary>What calling a hook came to.</summary>
public enum HookFinding : byte
{
    /// <summary>An answer as it should be.</summary>
    Good = 0,

    /// <summary>A good answer that says no: the user may not enter, or there is no such user.</summary>
    Refused = 1,

    /// <summary>A good answer that is an error for the requester.</summary>
    ErrorReply = 2,

    /// <summary>A status that is no answer.</summary>
    Status = 3,

    /// <summary>Status 200 and something that is not JSON.</summary>
    NotJson = 4,

    /// <summary>Status 200 and something else than <see cref="HookExamination.Expected"/>.</summary>
    WrongShape = 5,

    NameNotResolved = 6,
    EgressRefused = 7,
    ConnectionRefused = 8,

    /// <summary>No connection for another reason.</summary>
    Unreachable = 9,

    /// <summary>The time for the connection ran out.</summary>
    ConnectTimeout = 10,
    CertificateExpired = 11,
    CertificateNotYetValid = 12,
    CertificateOfAnotherName = 13,

    /// <summary>Whoever issued it is not trusted here; a certificate of its own making too.</summary>
    CertificateNotTrusted = 14,

    /// <summary>The handshake failed otherwise; most often there is no TLS at that port.</summary>
    TlsFailed = 15,
    Timeout = 16,

    /// <summary>The connection ended before there was an answer.</summary>
    Closed = 17,

    /// <summary>The connection ended within the answer.</summary>
    Truncated = 18,
    TooLarge = 19,
    NotHttp = 20,

    /// <summary>Not called: too many calls have just failed.</summary>
    BreakerOpen = 21,

    /// <summary>Not called: the host's limits.</summary>
    Overloaded = 22,

    /// <summary>The setting makes no URL.</summary>
    NoUrl = 23,

    /// <summary>Still under way when the examination had to end.</summary>
    NotFinished = 24,

    /// <summary>The body has a <c>Content-Encoding</c>, which was not asked for.</summary>
    Encoded = 25,

    /// <summary>A made-up user with a made-up password would be let in.</summary>
    LetsAnybodyIn = 26,
}

/// <summary>What should have stood at a place of an answer.</summary>
public enum HookExpectation : byte
{
    None = 0,

    /// <summary>A JSON object, as the whole document.</summary>
    JsonObject = 1,

    /// <summary>One <c>allowed</c> that is true or false.</summary>
    Allowed = 2,

    /// <summary>A <c>type</c> that is <c>result</c> or <c>error</c>.</summary>
    ReplyType = 3,

    /// <summary>An <c>xml</c> that is a string.</summary>
    ReplyXml = 4,

    /// <summary><c>true</c> or <c>false</c>, as the whole body.</summary>
    Verdict = 5,
}

/// <summary>How one hook does, in facts; never a body, and of URLs the origin alone.</summary>
/// <param name="Key">Which of its kind: the room service's domain, or the grant's namespace with its attributes behind it.</param>
/// <param name="Origin">Scheme, host and port of the URL; empty when there is none.</param>
[GenerateSerializer, Immutable, Alias("hook-examination")]
public sealed record HookExamination(
    [property: Id(0)] HookKind Kind, [property: Id(1)] string Key, [property: Id(2)] string Origin, [property: Id(3)] HookFinding Finding)
{
    [Id(4)]
    public TimeSpan Elapsed { get; init; }

    [Id(5)]
    public TimeSpan Deadline { get; init; }

    /// <summary>0 without an answer.</summary>
    [Id(6)]
    public int Status { get; init; }

    /// <summary>Where a redirect points: an origin; null when it does not say.</summary>
    [Id(7)]
    public string? Redirect { get; init; }

    [Id(8)]
    public HookExpectation Expected { get; init; }

    /// <summary>Where the first thing is that is wrong, from 1; 0 when that is nowhere in particular.</summary>
    [Id(9)]
    public long Line { get; init; }

    /// <summary>Its byte in the line, from 1.</summary>
    [Id(10)]
    public long Byte { get; init; }

    [Id(11)]
    public int BodyBytes { get; init; }

    [Id(12)]
    public int BodyBytesMax { get; init; }

    /// <summary>Contacts that were usable.</summary>
    [Id(13)]
    public int Entries { get; init; }

    /// <summary>Contacts that were not, or values beside a decision.</summary>
    [Id(14)]
    public int Skipped { get; init; }

    /// <summary>Why, each reason once.</summary>
    [Id(15)]
    public ImmutableArray<string> SkippedFor { get; init; } = [];

    /// <summary>What a web service wants written to the requester, for the frontend to look at. Never shown.</summary>
    [Id(16)]
    public ReadOnlyMemory<byte> Xml { get; init; }

    public override string ToString() => $"{Kind} {Finding}";
}
