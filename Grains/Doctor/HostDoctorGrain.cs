using System.Collections.Immutable;
using System.Security.Cryptography;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Delegation;
using Krewe.Contracts.Doctor;
using Krewe.Contracts.Hosts;
using Krewe.Grains.Authentication;
using Krewe.Grains.Delegation;
using Krewe.Grains.Muc;
using Krewe.Grains.Outbound;
using Krewe.Grains.Rosters;

namespace Krewe.Grains.Doctor;

/// <summary>
/// Calls each of a host's hooks once, by the clients that everything else calls them by: the same deadlines, breakers and egress policy. What comes back goes
/// nowhere but into the findings; no roster, no decision and nobody's request is touched by it.
/// </summary>
internal sealed class HostDoctorGrain(
    RosterClient rosters, MucAuthClient rooms, DelegationClient services, HttpAuthClient users, IHostSettingsSource hosts, TimeProvider time) : Grain, IHostDoctorGrain
{
    /// <summary>Less than the 20 seconds that an examination may take as a whole.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(18);

    private const int PasswordBytes = 16;

    private Task _underWay = Task.CompletedTask;
    private ShortStay? _stay;

    public async Task<HooksExamined?> ExamineAsync(ExaminationRequest request)
    {
        if (!_underWay.IsCompleted)
        {
            return null;
        }

        // Taken before anything is awaited: of two who come together one is first.
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _underWay = done.Task;
        Task calls = Task.CompletedTask;
        try
        {
            if (await hosts.GetAsync(this.GetPrimaryKeyString()) is not { } host)
            {
                return new([], 0);
            }

            HookProbe[] all = [.. Probes(host, request)];
            var probes = all[..Math.Min(all.Length, IHostDoctorGrain.HooksMax)];
            var answers = Array.ConvertAll(probes, probe => AskAsync(probe));
            calls = Task.WhenAll(answers);
            await calls.WaitAsync(Deadline, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            var found = ImmutableArray.CreateBuilder<HookExamination>(probes.Length);
            foreach (var (probe, answer) in probes.Zip(answers))
            {
                found.Add(answer.IsCompleted ? await answer : probe.About(HookFinding.NotFinished) with { Elapsed = Deadline });
            }

            return new(found.MoveToImmutable(), all.Length - probes.Length);
        }
        finally
        {
            _ = EndAsync(calls, done);
        }
    }

    /// <summary>A call that outlasts its examination still counts as one: whoever asks again waits until it has met its own deadline.</summary>
    private async Task EndAsync(Task calls, TaskCompletionSource done)
    {
        await calls.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        done.SetResult();
        (_stay ??= new(this, () => _underWay.IsCompleted)).Begin();
    }

    private IEnumerable<HookProbe> Probes(HostSettings host, ExaminationRequest request)
    {
        if (host.HttpRoster is { } roster)
        {
            yield return new(HookKind.Roster, "", RosterClient.Url(roster.Url, request.User.Localpart ?? ""), roster.Timeout, RosterClient.BodyBytesMax)
            {
                CallAsync = async () => await rosters.FetchAsync(host, roster, request.User, etag: null),
                Judge = (response, about) => RosterJudgement.Of(response, about, request.User, host.Limits.RosterItems),
            };
        }

        if (host.HttpAuth is { } service && host.Authentication.Contains(HostAuthentication.Http) && request.User.HasLocalpart)
        {
            // Of nobody, lest a user's wrong passwords be counted.
            yield return new(HookKind.Password, "", HttpAuthClient.PasswordUrl(service), service.Timeout, HttpAuthClient.BodyBytesMax)
            {
                CallAsync = async () => await users.CallPasswordAsync(
                    host, service, Jid.Parse($"{IHostDoctorGrain.Nobody}@{host.Domain}"), Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(PasswordBytes))),
                Judge = AuthenticationJudgement.OfPassword,
            };
            yield return new(HookKind.Authentication, "", HttpAuthClient.ExistsUrl(service), HttpAuthClient.ExistsDeadline(service), HttpAuthClient.BodyBytesMax)
            {
                CallAsync = async () => await users.CallExistsAsync(host, service, request.User),
                Judge = AuthenticationJudgement.Of,
            };
        }

        foreach (var room in request.Rooms)
        {
            if (host.Components.TryGetValue(room.Domainpart, out var component) && component is MucServiceSettings { HttpAuth: { } auth })
            {
                var nickname = request.User.Localpart ?? request.User.Domainpart;
                yield return new(HookKind.RoomAccess, room.Domainpart, MucAuthClient.Url(auth.Url, "", "", ""), auth.Timeout, MucAuthClient.BodyBytesMax)
                {
                    CallAsync = async () => await rooms.AskAsync(host, auth, room, request.User, nickname),
                    Judge = RoomAccessJudgement.Of,
                };
            }
        }

        // Grants of one namespace may lead to the same URL: each is asked once.
        var grants = host.Delegations.ToList();
        foreach (var iq in request.Requests)
        {
            if (grants.Find(grant => grant.Namespace == iq.Namespace && grant.Url == iq.Url) is { } grant && grants.Remove(grant))
            {
                yield return new(HookKind.Namespace, DelegationClient.PartOf(grant), DelegationClient.Url(grant), grant.Timeout, DelegationClient.BodyBytesMax)
                {
                    CallAsync = async () => await services.CallAsync(host, grant, iq),
                    Judge = NamespaceJudgement.Of,
                };
            }
        }
    }

    private static async Task<HookExamination> AskAsync(HookProbe probe)
    {
        if (probe.Url is null || await probe.CallAsync() is not { } response)
        {
            return probe.About(HookFinding.NoUrl);
        }

        var about = probe.About(HookFinding.Good) with { Elapsed = response.Elapsed, Status = response.Status, Redirect = response.Redirect, BodyBytes = response.Body.Length };
        return OutcomeJudgement.Of(response) is { } finding ? about with { Finding = finding } : probe.Judge(response, about);
    }
}
