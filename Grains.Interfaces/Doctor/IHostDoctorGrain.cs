using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Delegation;
using Orleans.Concurrency;

namespace Krewe.Contracts.Doctor;

/// <summary>Whom and what to ask the tenant's services about, so that nothing is changed by it.</summary>
/// <param name="User">Whose roster, and who would enter the rooms: a bare JID of the host.</param>
/// <param name="Rooms">One room of each room service that is to be asked about.</param>
/// <param name="Requests">One IQ of type <c>get</c> for each web service that answers a namespace.</param>
[GenerateSerializer, Immutable, Alias("examination-request")]
public sealed record ExaminationRequest(
    [property: Id(0)] Jid User, [property: Id(1)] ImmutableArray<Jid> Rooms, [property: Id(2)] ImmutableArray<DelegatedIq> Requests);

/// <param name="LeftOut">Hooks that were not called, because there are more than <see cref="IHostDoctorGrain.HooksMax"/>.</param>
[GenerateSerializer, Immutable, Alias("hooks-examined")]
public sealed record HooksExamined([property: Id(0)] ImmutableArray<HookExamination> Hooks, [property: Id(1)] int LeftOut);

/// <summary>Calls a host's hooks to see how they do, as their own grains would. Key: the host's domain.</summary>
[Alias("host-doctor")]
public interface IHostDoctorGrain : IGrainWithStringKey
{
    /// <summary>So many hooks are called at most.</summary>
    const int HooksMax = 64;

    /// <summary>The localpart of a user, and of a room, that is made up.</summary>
    const string Nobody = "krewe-doctor";

    /// <summary>
    /// Calls each hook once, all at a time, with the deadlines, limits and policies that any call has. Answers within 18 seconds, a hook that is not done by then included.
    /// </summary>
    /// <returns>Null while another examination of the host is under way.</returns>
    [Alias("examine"), AlwaysInterleave]
    Task<HooksExamined?> ExamineAsync(ExaminationRequest request);
}
