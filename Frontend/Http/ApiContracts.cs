using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Krewe.Frontend.Http;

/// <summary>RFC 9457, with every bad place of what was sent.</summary>
internal sealed record ProblemBody(string Type, string Title, int Status, string? Detail, IReadOnlyList<ProblemPlace>? Errors);

internal sealed record ProblemPlace(string Path, string Message);

/// <summary>A page of a list; <see cref="Next"/>, when there is more, is the <c>after</c> of the next page.</summary>
internal sealed record Page<T>(IReadOnlyList<T> Items, string? Next);

/// <param name="Reason">Why it is not enabled although its document does not say so.</param>
internal sealed record HostBody(string Host, string Tenant, bool Enabled, string Source, string? Reason);

/// <param name="Outcome">What made it: created, replaced, restored, suspended, resumed, or read, from a file.</param>
/// <param name="Restored">The version whose document was restored.</param>
internal sealed record HostVersionBody(long Version, DateTimeOffset At, string? Author, string Outcome, long? Restored);

/// <param name="Value">Absent for none; a secret is only told to be set.</param>
/// <param name="From">default, provider, host or component.</param>
internal sealed record ExplainedSettingBody(string Path, JsonNode? Value, string From);

internal sealed record DifferencesBody(long From, long To, IReadOnlyList<DifferenceBody> Items);

/// <summary>One place; absent is what is not there in that version. Secrets are only told to be set.</summary>
internal sealed record DifferenceBody(string Path, JsonNode? Before, JsonNode? After);

internal sealed record NewKeyBody(string? Name, IReadOnlyList<string>? Scopes, DateTimeOffset? ExpiresAt);

/// <param name="Key">The token, shown only in the answer that made it.</param>
/// <param name="LastUsedFrom">The address; absent where a proxy that is not trusted hid it.</param>
/// <param name="ReplacedBy">The id of the key that was made in its place.</param>
internal sealed record KeyBody(
    string Id, string? Key, string Name, IReadOnlyList<string> Scopes, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? LastUsedAt,
    string? LastUsedFrom, string? ReplacedBy);

/// <param name="ExpiresIn">For how many seconds the old key is good besides the new one.</param>
internal sealed record RotateKeyBody(long? ExpiresIn);

/// <param name="Who">As histories name the caller; absent for one without a good token.</param>
/// <param name="Name">What the caller's key is called.</param>
/// <param name="Values">The parameters of the path.</param>
/// <param name="Count">How many equal ones this stands for; the first was at <paramref name="At"/>.</param>
/// <param name="Tenant">Whose the host was; for the provider only.</param>
internal sealed record AuditBody(
    DateTimeOffset At, string Kind, string? Who, string? Name, string? From, string? What, IReadOnlyDictionary<string, string>? Values, int? Status, string? RequestId,
    int Count, DateTimeOffset? LastAt, string? Tenant);

internal sealed record AccountChangeBody(string? Password, IReadOnlyDictionary<string, ScramBody>? Scram, bool? Enabled)
{
    /// <summary>Never what was sent.</summary>
    public override string ToString() => nameof(AccountChangeBody);
}

/// <summary>Stored keys of one SCRAM mechanism (RFC 5802 §3), base64.</summary>
internal sealed record ScramBody(string? Salt, int Iterations, string? StoredKey, string? ServerKey)
{
    /// <summary>Never what was sent.</summary>
    public override string ToString() => nameof(ScramBody);
}

internal sealed record AccountBody(string Localpart, string Jid, bool Enabled, IReadOnlyList<string> Mechanisms);

internal sealed record SessionBody(string Jid, string Transport, string Address, DateTimeOffset Since, bool Available, bool Resumable);

internal sealed record RosterBody(
    string Jid, string? Version, DateTimeOffset? FetchedAt, double? Age, bool Stale, IReadOnlyList<RosterItemBody> Items, string? LastError,
    DateTimeOffset? LastErrorAt, IReadOnlyList<SkippedBody> Skipped);

internal sealed record RosterItemBody(string Jid, string? Name, string Subscription, string? Ask, bool Approved, IReadOnlyList<string> Groups);

internal sealed record SkippedBody(string Jid, string Reason);

/// <summary>What <see cref="RefreshAnswer"/> writes, for the API's description.</summary>
internal sealed record RefreshAnswerBody(string Status, string Message, int Updated, int Errors, IReadOnlyList<RefreshDetailBody>? Details);

internal sealed record RefreshDetailBody(string User, string Result, int Added, int Changed, int Removed, string? Error, IReadOnlyList<SkippedBody>? Skipped);

/// <summary>A room in a list.</summary>
internal sealed record RoomListingBody(string Room, string? Name, bool Public, bool Persistent);

/// <summary>What <see cref="RoomDocuments"/> reads and writes, for the API's description.</summary>
internal sealed record RoomBody(
    string? Roomname, string? Roomdesc, string? Lang, bool? Persistentroom, bool? Publicroom, bool? Membersonly, bool? Moderatedroom, bool? Passwordprotectedroom,
    string? Roomsecret, string? Whois, int? Maxusers, bool? Changesubject, bool? Allowinvites, string? Allowpm, int? Historylength,
    IReadOnlyList<string>? Presencebroadcast, IReadOnlyList<string>? Getmemberlist, string? Subject, IReadOnlyDictionary<string, string>? Affiliations)
{
    /// <summary>Never what was sent.</summary>
    public override string ToString() => nameof(RoomBody);
}

internal sealed record OccupantBody(string Nick, IReadOnlyList<string> Jids, string Affiliation, string Role);

internal sealed record InvalidationBody(string? Room, string? User);

internal sealed record InvalidatedBody(int Forgotten, int Asked, int Removed, int Failed);

/// <summary>A grant as the host has it, and how it goes. Counts are this process's.</summary>
/// <param name="Reason">Why it is not live.</param>
/// <param name="Refused">Requests that got an error for another reason than the delegate's silence or its malformed replies.</param>
internal sealed record DelegationBody(
    string Namespace, string? Jid, string? Url, IReadOnlyList<string>? Filtering, double Timeout, bool Live, string? Reason,
    int Pending, long Forwarded, long Answered, long Timeouts, long Malformed, long Refused);

/// <summary>A hook that the host has, or that was called of late.</summary>
/// <param name="Part">Which of the host's hooks of this kind: the room service's domain, the namespace; absent where there is one only.</param>
/// <param name="Url">Without query; <c>%s</c> stands for the user. Absent for a hook that the host has no longer.</param>
/// <param name="Breaker"><c>closed</c>, or <c>open</c>: there are no calls for a moment, as the last ones failed.</param>
/// <param name="Failures">Calls that brought no answer that the service could have meant.</param>
/// <param name="P50">Seconds, of the last calls.</param>
/// <param name="P95">Seconds, of the last calls.</param>
/// <param name="Calls">The last ones, the newest first.</param>
internal sealed record HookBody(
    string Hook, string? Part, string? Url, string Breaker, long Count, long Failures, double? P50, double? P95, IReadOnlyList<string> Warnings, IReadOnlyList<HookCallBody> Calls);

/// <param name="Latency">Seconds, waits included.</param>
/// <param name="Id">The <c>webhook-id</c>; absent where the call was not signed.</param>
internal sealed record HookCallBody(DateTimeOffset At, string Outcome, int? Status, double Latency, string? Id);

/// <summary>What a host has used. Counters only grow; times of days are UTC's.</summary>
/// <param name="Now">How it is at this moment.</param>
/// <param name="Totals">Since the host was made.</param>
/// <param name="Days">Since the day that was asked for, thirty days ago when none was; days on which nothing happened are left out.</param>
internal sealed record UsageBody(string Host, UsageNowBody Now, UsageRowBody Totals, IReadOnlyList<UsageRowBody> Days);

/// <param name="Sessions">In this process.</param>
/// <param name="Rooms">Those that are kept.</param>
internal sealed record UsageNowBody(int Sessions, long Accounts, long Rooms);

/// <param name="Date">Absent for totals.</param>
/// <param name="SessionsPeak">The most at a time in one process.</param>
/// <param name="HookCalls">By hook and what came of them: <c>answered</c> (200, 304), <c>status</c> (others below 500), <c>failed</c>, <c>not_called</c>.</param>
internal sealed record UsageRowBody(
    string? Date, long StanzasReceived, long StanzasSent, long BytesReceived, long BytesSent, long ComponentStanzasReceived, long ComponentStanzasSent, long ComponentBytesReceived,
    long ComponentBytesSent, long SessionsPeak, long Logins, long MessagesStored, IReadOnlyDictionary<string, IReadOnlyDictionary<string, long>> HookCalls);

internal sealed record NewCertificateBody(string? Certificate, string? Key)
{
    /// <summary>Never what was sent.</summary>
    public override string ToString() => nameof(NewCertificateBody);
}

/// <param name="Source"><c>api</c>, <c>file</c> or <c>self-signed</c>.</param>
/// <param name="Names">The alternative names, each with its kind: <c>DNS:</c>, <c>SRV:</c>, <c>XMPP:</c> or <c>IP:</c>.</param>
/// <param name="Fingerprint">SHA-256, in hexadecimal.</param>
/// <param name="Chain">The subjects of the authorities that are sent with it.</param>
/// <param name="Uncovered">Domains of the host's components that it does not name.</param>
/// <param name="Warning">What somebody ought to see to.</param>
internal sealed record CertificateBody(
    string Source, string Subject, IReadOnlyList<string> Names, string Issuer, string SerialNumber, DateTimeOffset NotBefore, DateTimeOffset NotAfter, int DaysLeft,
    string Fingerprint, string KeyAlgorithm, IReadOnlyList<string> Chain, IReadOnlyList<string> Uncovered, string? Warning);

/// <param name="User">The localpart of the one user whose data it is; absent for the whole host.</param>
internal sealed record ErasureBody(string? User);

/// <param name="Mailboxes">Users for whom messages waited.</param>
/// <param name="Rooms">Rooms removed; of one user, rooms that kept something of that user.</param>
internal sealed record ErasedBody(int Sessions, int Accounts, int Rosters, int Mailboxes, int Rooms, int Delegations);

/// <summary>What <see cref="Contents.HostExport"/> writes, for the API's description.</summary>
internal sealed record HostExportBody(
    string Format, int Version, string Host, DateTimeOffset ExportedAt, bool Secrets, JsonObject Document, IReadOnlyList<ExportedAccountBody> Accounts,
    IReadOnlyList<ExportedRosterBody> Rosters, IReadOnlyList<ExportedMailboxBody> OfflineMessages, IReadOnlyList<ExportedRoomBody> Rooms,
    IReadOnlyList<ExportedDelegationBody> UserDelegations, bool Complete);

/// <param name="Scram">With secrets only.</param>
internal sealed record ExportedAccountBody(string Localpart, bool Enabled, IReadOnlyDictionary<string, ScramBody>? Scram);

/// <param name="FetchedAt">Absent for a roster that the host keeps itself.</param>
/// <param name="Requests">Subscription requests that wait for an answer.</param>
internal sealed record ExportedRosterBody(
    string Localpart, string Version, DateTimeOffset? FetchedAt, IReadOnlyList<RosterItemBody> Items, IReadOnlyList<ExportedStanzaBody> Requests);

internal sealed record ExportedMailboxBody(string Localpart, IReadOnlyList<ExportedStanzaBody> Messages);

internal sealed record ExportedStanzaBody(DateTimeOffset? ReceivedAt, string From, string? To, string Xml);

/// <param name="Nicknames">Reserved ones, by bare JID.</param>
internal sealed record ExportedRoomBody(string Room, RoomBody Document, IReadOnlyDictionary<string, string> Nicknames);

internal sealed record ExportedDelegationBody(string Localpart, string Component, string Namespace);

internal sealed record DoctorBody(IReadOnlyList<DoctorItemBody> Items);

/// <param name="Level"><c>ok</c>, <c>note</c> or <c>bad</c>.</param>
/// <param name="Subject">A JSON path of the host's document, or a word such as <c>certificate</c>.</param>
internal sealed record DoctorItemBody(string Level, string Subject, string Message);

internal sealed record HealthBody(string Status);

internal sealed record ReadinessBody(string Status, string GrainHost, IReadOnlyDictionary<string, bool> Checks);

/// <summary>The API's JSON: snake case, absent instead of null, unknown members refused.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(ProblemBody))]
[JsonSerializable(typeof(Page<HostBody>))]
[JsonSerializable(typeof(Page<HostVersionBody>))]
[JsonSerializable(typeof(Page<ExplainedSettingBody>))]
[JsonSerializable(typeof(DifferencesBody))]
[JsonSerializable(typeof(Page<KeyBody>))]
[JsonSerializable(typeof(Page<AccountBody>))]
[JsonSerializable(typeof(Page<SessionBody>))]
[JsonSerializable(typeof(NewKeyBody))]
[JsonSerializable(typeof(RotateKeyBody))]
[JsonSerializable(typeof(Page<AuditBody>))]
[JsonSerializable(typeof(AccountChangeBody))]
[JsonSerializable(typeof(RosterBody))]
[JsonSerializable(typeof(RefreshAnswerBody))]
[JsonSerializable(typeof(Page<RoomListingBody>))]
[JsonSerializable(typeof(RoomBody))]
[JsonSerializable(typeof(Page<OccupantBody>))]
[JsonSerializable(typeof(InvalidationBody))]
[JsonSerializable(typeof(InvalidatedBody))]
[JsonSerializable(typeof(Page<DelegationBody>))]
[JsonSerializable(typeof(Page<HookBody>))]
[JsonSerializable(typeof(UsageBody))]
[JsonSerializable(typeof(NewCertificateBody))]
[JsonSerializable(typeof(CertificateBody))]
[JsonSerializable(typeof(ErasureBody))]
[JsonSerializable(typeof(ErasedBody))]
[JsonSerializable(typeof(HostExportBody))]
[JsonSerializable(typeof(DoctorBody))]
[JsonSerializable(typeof(HealthBody))]
[JsonSerializable(typeof(ReadinessBody))]
[JsonSerializable(typeof(JsonObject))]
internal sealed partial class ApiJson : JsonSerializerContext;
