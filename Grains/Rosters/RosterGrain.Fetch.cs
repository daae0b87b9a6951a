using System.Collections.Immutable;
using Krewe.Contracts.Accounts;
using Krewe.Contracts.Hosting;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Rosters;
using Krewe.Grains.Outbound;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Rosters;

/// <summary>What the hook's answers mean: which of them replace the roster, which confirm it, and that every other one leaves it as it is.</summary>
internal sealed partial class RosterGrain
{
    private const int NotFound = 404;
    private const int Gone = 410;

    private async Task<RosterRevalidation> FetchAsync()
    {
        var host = await hosts.GetAsync(_owner.Domainpart);
        if (host is null)
        {
            return new("no such host", null, []);
        }

        if (host.HttpRoster is not { } http || AnonymousUsers.Include(host, _owner))
        {
            return new(null, Unchanged(), []);
        }

        var (began, invalidations, source) = (time.GetUtcNow(), _invalidations, RosterClient.SourceOf(http));
        var etag = _copy.FetchedAt is not null && _copy.Source == source ? _copy.ETag : null;
        var response = await client.FetchAsync(host, http, _owner, etag);
        if (_isDropped)
        {
            return Removed();
        }

        return response switch
        {
            { Outcome: HookOutcome.Ok, Body.Length: < LargeWork.BytesMin } => TakeDocument(response),
            { Outcome: HookOutcome.Ok } => await large.RunAsync(host.Domain, () => TakeDocument(response)),
            { Outcome: HookOutcome.NotModified } when etag is not null => Take(_copy.Roster.Items, etag, "not_modified", _skipped),
            { Outcome: HookOutcome.Status, Status: Gone } => Take([], null, "fetch", []),

            // An unknown user has no contacts; one whose contacts were there a moment ago is more likely an application that is being deployed.
            { Outcome: HookOutcome.Status, Status: NotFound } when _copy.Roster.Items.IsEmpty => Take([], null, "fetch", []),
            null => Fail("http_roster_url makes no URL for this user", []),
            _ => Fail(response.Describe(), []),
        };

        RosterRevalidation TakeDocument(HookResponse answer)
        {
            if (_isDropped)
            {
                return Removed();
            }

            var document = RosterDocument.Parse(answer.Body.Span, _owner, host.Limits.RosterItems, _copy.Roster);
            if (document is null)
            {
                return Fail("the body is not a JSON object of contacts", []);
            }

            if (document.SkippedCount > 0)
            {
                HookInstruments.Skipped(document.SkippedCount, host.Domain);
                LogSkipped(host.Domain, document.SkippedCount);
            }

            // Only a document that is empty itself empties a roster.
            return document is { Items.IsEmpty: true, IsEmpty: false } && !_copy.Roster.Items.IsEmpty
                ? Fail("no entry of the document is usable", document.Skipped)
                : Take(document.Items, answer.ETag, "fetch", document.Skipped);
        }

        RosterRevalidation Take(ImmutableArray<RosterItem> items, string? tag, string result, ImmutableArray<SkippedEntry> skipped)
        {
            var wasStale = _copy.IsStale;
            var wasKnown = _copy.FetchedAt is not null;
            var isSameSource = _copy.Source == source;
            var changes = _copy.Replace(items);
            _copy.Confirm(began, tag, source, invalidations != _invalidations);
            // Most users' only changes are their first copy: not worth holding twice.
            _isLastFirst = changes.FromVersion == RosterSnapshot.Empty.Version;
            (_lastChanges, _lastError, _lastErrorAt, _skipped, _isDue) = (_isLastFirst ? null : changes, null, null, skipped, false);
            HookInstruments.Roster(result, host.Domain);
            if (wasKnown)
            {
                // That a roster became known here changed nothing in it.
                TellPrivileged(changes);
            }

            if (changes.Changes.Length > 0 || !isSameSource || wasStale != _copy.IsStale || began - _writtenFetchedAt is not { } since || since >= WrittenAfter(http))
            {
                WriteBehind();
            }

            return new(null, changes, skipped);
        }

        static RosterRevalidation Removed() => new("the roster was removed", null, []);

        RosterRevalidation Fail(string error, ImmutableArray<SkippedEntry> skipped)
        {
            (_lastError, _lastErrorAt) = (error, time.GetUtcNow());
            HookInstruments.Roster("failed", host.Domain);
            return new(error, null, skipped);
        }
    }

    // A copy may be served for stale_for: what the disk says of its age must not be far off that.
    private static TimeSpan WrittenAfter(HttpRosterSettings http) =>
        http.StaleFor / 2 < ConfirmationWrittenAfter ? http.StaleFor / 2 : ConfirmationWrittenAfter;

    [LoggerMessage(2101, LogLevel.Information, "Roster document of {Host}: {Count} entries skipped")]
    private partial void LogSkipped(string host, int count);
}
