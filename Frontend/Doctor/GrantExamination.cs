using System.Globalization;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Delegation;
using Krewe.Frontend.Observability;

namespace Krewe.Frontend.Doctor;

/// <summary>Who answers a host's delegated namespaces, whether somebody does now, and how it went so far (XEP-0355 §10).</summary>
internal sealed class GrantExamination(Delegates delegates, FrontendInstruments instruments)
{
    /// <summary>Fewer requests say nothing about a delegate.</summary>
    private const long EnoughToJudge = 100;

    public IEnumerable<DoctorItem> Examine(HostSettings host)
    {
        foreach (var grant in host.Delegations)
        {
            yield return Of(host, grant);
        }
    }

    private DoctorItem Of(HostSettings host, DelegationGrant grant)
    {
        var path = JsonPaths.Member("$.delegations", grant.Namespace);
        var filtering = grant.Filtering.IsEmpty ? "" : $" with {string.Join(", ", grant.Filtering)}";
        var reason = grant.Url is not null ? null : delegates.WhyNot(host, grant);
        var what = $"{grant.Namespace}{filtering} is answered by {(grant.Entity is { } entity ? entity.ToString() : "a web service")}";
        if (reason is not null)
        {
            return DoctorItem.Bad(path, $"{what}, but nobody does now: {reason}. Requests get service-unavailable.");
        }

        var counts = instruments.Delegations.Of(host.Domain, grant);
        var lost = counts.TimedOut + counts.Malformed;
        var numbers = string.Create(CultureInfo.InvariantCulture,
            $"{counts.Forwarded} forwarded, {counts.Answered} answered, {counts.Pending} pending, {counts.TimedOut} timed out, {counts.Malformed} malformed, {counts.Refused} refused");

        // More than one in a hundred: somebody has noticed.
        return counts.Forwarded >= EnoughToJudge && lost * 100 > counts.Forwarded
            ? DoctorItem.Bad(path, $"{what}, too slowly or not as it should: {numbers}.")
            : new DoctorItem(lost > 0 ? DoctorLevel.Note : DoctorLevel.Ok, path, $"{what}: {numbers}.");
    }
}
