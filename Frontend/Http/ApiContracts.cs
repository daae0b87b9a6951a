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

internal sealed record NewKeyBody(string? Name, IReadOnlyList<string>? Scopes, DateTimeOffset? ExpiresAt);

/// <param name="Key">The token, shown only in the answer that made it.</param>
internal sealed record KeyBody(string Id, string? Key, string Name, IReadOnlyList<string> Scopes, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt);

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

internal sealed record HealthBody(string Status);

internal sealed record ReadinessBody(string Status, string GrainHost, IReadOnlyDictionary<string, bool> Checks);

/// <summary>The API's JSON: snake case, absent instead of null, unknown members refused.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(ProblemBody))]
[JsonSerializable(typeof(Page<HostBody>))]
[JsonSerializable(typeof(Page<KeyBody>))]
[JsonSerializable(typeof(Page<AccountBody>))]
[JsonSerializable(typeof(Page<SessionBody>))]
[JsonSerializable(typeof(NewKeyBody))]
[JsonSerializable(typeof(AccountChangeBody))]
[JsonSerializable(typeof(RosterBody))]
[JsonSerializable(typeof(RefreshAnswerBody))]
[JsonSerializable(typeof(Page<RoomListingBody>))]
[JsonSerializable(typeof(RoomBody))]
[JsonSerializable(typeof(Page<OccupantBody>))]
[JsonSerializable(typeof(InvalidationBody))]
[JsonSerializable(typeof(InvalidatedBody))]
[JsonSerializable(typeof(Page<DelegationBody>))]
[JsonSerializable(typeof(NewCertificateBody))]
[JsonSerializable(typeof(CertificateBody))]
[JsonSerializable(typeof(ErasureBody))]
[JsonSerializable(typeof(ErasedBody))]
[JsonSerializable(typeof(HostExportBody))]
[JsonSerializable(typeof(HealthBody))]
[JsonSerializable(typeof(ReadinessBody))]
[JsonSerializable(typeof(JsonObject))]
internal sealed partial class ApiJson : JsonSerializerContext;
