using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Muc;
using Krewe.Frontend.Observability;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Frontend.Muc;

/// <summary>
/// Takes join decisions back (contract §4, §5 "Room access"): they are forgotten, the tenant's service is asked once about those who are in a room, and
/// whoever it refuses is removed. The work outlives its deadline and its caller.
/// </summary>
internal sealed partial class MucRevocation(
    IGrainFactory grains, FrontendInstruments instruments, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<MucRevocation> log) : IDisposable
{
    /// <summary>
    /// Somebody's decision may be on its way to the room while it is forgotten. So the rooms are looked at once more, this long after: what lies between a
    /// decision and the place in the room is one grain call.
    /// </summary>
    internal static readonly TimeSpan SecondLookAfter = TimeSpan.FromSeconds(2);

    /// <summary>How many revocations may wait for their second look; the next ones take longer.</summary>
    private const int SecondLooksMax = 256;

    /// <summary>How many places are looked at at a time when the host sets no bound for its hook.</summary>
    private const int ParallelDefault = 64;

    private const int PageItems = 1000;

    private readonly SemaphoreSlim _secondLooks = new(SecondLooksMax);

    /// <summary>Done at the deadline at the latest; what is not finished then counts as failed, and goes on.</summary>
    /// <param name="services">The room services that it is about; where a room is named, only the room's.</param>
    /// <param name="room">Only this room; null for all.</param>
    /// <param name="user">Only this user; null for all.</param>
    public async Task<MucRevocationCounts> RunAsync(HostSettings host, ImmutableArray<MucServiceSettings> services, Jid? room, Jid? user, TimeSpan deadline)
    {
        var progress = new MucRevocationProgress();
        var work = WorkAsync(new Request(host, services, room, user), progress);
        try
        {
            await work.WaitAsync(deadline, time);
        }
        catch (TimeoutException) when (!work.IsCompleted && progress.IsKnown)
        {
            DeadlinePassed(log, host.Domain, progress.Pending);
        }

        return progress.Read();
    }

    public void Dispose() => _secondLooks.Dispose();

    private async Task WorkAsync(Request request, MucRevocationProgress progress)
    {
        var places = await FindAsync(request);
        progress.Found(places.Count);
        await ForEachAsync(request, places.Values, async place =>
        {
            var counts = await RevokeAsync(request, place);
            progress.Add(counts);
            instruments.Revoked(counts);
        });
        await _secondLooks.WaitAsync(lifetime.ApplicationStopping);
        _ = LookAgainAsync(request, places);
    }

    /// <summary>Wherever a decision may be remembered or somebody is. No more than the services' tables and the room hold.</summary>
    private async Task<Dictionary<(Jid Room, Jid User), Place>> FindAsync(Request request)
    {
        var places = new Dictionary<(Jid Room, Jid User), Place>();
        foreach (var service in request.Services)
        {
            MucDecisionPlace? after = null;
            do
            {
                var page = await grains.MucDecisions(service.Domain).FindAsync(request.Room?.Bare, request.User?.Bare, after, PageItems);
                foreach (var found in page)
                {
                    var place = new Place(service, Jid.Parse(found.Room), Jid.Parse(found.User), found.IsPresent);
                    places[(place.Room, place.User)] = place;
                }

                after = page.Length < PageItems ? null : page[^1];
            }
            while (after is not null);
        }

        // Of a room that is named, those too who came without being asked about, because the host had no service for it then.
        if (request.Room is { } room && await grains.MucRoom(room).OccupantsAsync() is { } occupants)
        {
            foreach (var user in occupants.SelectMany(occupant => occupant.Sessions).Select(session => session.ToBare()))
            {
                if (request.User is null || user.Equals(request.User))
                {
                    places[(room, user)] = new Place(request.Services[0], room, user, IsPresent: true);
                }
            }
        }

        return places;
    }

    private static Task ForEachAsync(Request request, IEnumerable<Place> places, Func<Place, Task> act)
    {
        var parallel = request.Host.Limits.HookConcurrency is > 0 and var bound ? bound : ParallelDefault;
        return Parallel.ForEachAsync(places, new ParallelOptions { MaxDegreeOfParallelism = parallel }, async (place, _) => await act(place));
    }

    private async Task<MucRevocationCounts> RevokeAsync(Request request, Place place)
    {
        var counts = default(MucRevocationCounts);
        try
        {
            counts.Forgotten = await grains.MucAuth(place.Room, place.User).ForgetAsync() ? 1 : 0;
            if (place.IsPresent && await NicknameAsync(request, place) is { } nickname)
            {
                counts.Asked = 1;
                (counts.Removed, counts.Failed) = await AskAsync(place, nickname, isAfresh: true);
            }
        }
        catch (Exception e) when (e is TimeoutException or Orleans.Runtime.OrleansException)
        {
            counts.Failed = 1;
            RevocationFailed(log, request.Host.Domain, e);
        }

        return counts;
    }

    /// <summary>Null for who is not there, or is none of the service's business.</summary>
    private async Task<string?> NicknameAsync(Request request, Place place) =>
        place.Service.IsAskedAbout(request.Host, place.Room, place.User) ? await grains.MucRoom(place.Room).NicknameAsync(place.User) : null;

    /// <summary>Asks about one who is present, and has the room do what the answer says.</summary>
    private async Task<(int Removed, int Failed)> AskAsync(Place place, string nickname, bool isAfresh)
    {
        var decision = await grains.MucAuth(place.Room, place.User).DecideAsync(nickname, isAfresh);

        // What stands in for an answer may let somebody in. It is no word of the service's, which alone puts somebody out; the room asks again later.
        var isAnswer = !decision.IsFallback && (decision.Verdict == MucVerdict.Admitted || decision is { Verdict: MucVerdict.Refused, IsExplicit: true });
        var sessions = await grains.MucRoom(place.Room).ApplyAsync(place.User, isAnswer ? decision : decision with { Verdict = MucVerdict.Failed, IsExplicit = false });
        return (sessions > 0 ? 1 : 0, isAnswer ? 0 : 1);
    }

    private async Task LookAgainAsync(Request request, Dictionary<(Jid Room, Jid User), Place> seen)
    {
        try
        {
            await Task.Delay(SecondLookAfter, time, lifetime.ApplicationStopping);
            var late = (await FindAsync(request)).Values.Where(place => place.IsPresent && !(seen.TryGetValue((place.Room, place.User), out var before) && before.IsPresent));
            await ForEachAsync(request, late, async place =>
            {
                // Whatever is remembered now was decided since.
                if (await NicknameAsync(request, place) is { } nickname)
                {
                    await AskAsync(place, nickname, isAfresh: false);
                }
            });
        }
        catch (Exception e) when (e is TimeoutException or Orleans.Runtime.OrleansException)
        {
            RevocationFailed(log, request.Host.Domain, e);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            Stopped(log, request.Host.Domain);
        }
        finally
        {
            _secondLooks.Release();
        }
    }

    [LoggerMessage(2111, LogLevel.Warning, "A revocation of join decisions of {Host} passed its deadline with {Pending} to go; they go on")]
    private static partial void DeadlinePassed(ILogger log, string host, int pending);

    [LoggerMessage(2112, LogLevel.Error, "A join decision of {Host} could not be revoked")]
    private static partial void RevocationFailed(ILogger log, string host, Exception exception);

    [LoggerMessage(2113, LogLevel.Debug, "A revocation of join decisions of {Host} ended with the process, without its second look")]
    private static partial void Stopped(ILogger log, string host);

    private sealed record Request(HostSettings Host, ImmutableArray<MucServiceSettings> Services, Jid? Room, Jid? User);

    private sealed record Place(MucServiceSettings Service, Jid Room, Jid User, bool IsPresent);
}
