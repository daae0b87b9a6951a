using System.Globalization;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Doctor;
using Krewe.Contracts.Hosts;

namespace Krewe.Frontend.Doctor;

/// <summary>How one hook is spoken of: where its settings are, and what it means for the host's users when it fails.</summary>
/// <param name="Path">Of the setting with the URL.</param>
/// <param name="DeadlineSetting">What says how long a call may take.</param>
/// <param name="Authorization">The setting that is sent as <c>Authorization</c>; null when this kind has none.</param>
/// <param name="HasAuthorization">Whether that is set.</param>
/// <param name="About">What it was asked, as the end of "was asked".</param>
/// <param name="Consequence">A sentence.</param>
internal sealed record HookWords(string Path, string DeadlineSetting, string? Authorization, bool HasAuthorization, string About, string Consequence)
{
    public static HookWords Of(HookExamination hook, HostSettings host, ExaminationRequest asked)
    {
        switch (hook.Kind)
        {
            case HookKind.Roster:
                return new(
                    "$.http_roster_url", "http_roster_timeout", "http_roster_authorization_header", host.HttpRoster?.AuthorizationHeader is not null, $"for the roster of {asked.User.Bare}",
                    "While it fails, users have the last rosters that were good, and those without one get an error.");
            case HookKind.RoomAccess:
                var auth = host.Components.TryGetValue(hook.Key, out var component) && component is MucServiceSettings { HttpAuth: { } known } ? known : null;
                return new(
                    $"{JsonPaths.Member("$.components", hook.Key)}.muc_http_auth_url", "muc_http_auth_timeout", "muc_http_auth_authorization_header", auth?.AuthorizationHeader is not null,
                    $"whether {asked.User.Bare} may be in {RoomOf(asked, hook.Key)?.Bare}", OnError(auth?.OnError ?? MucAuthOnError.Deny));
            case HookKind.Namespace:
                return new(
                    JsonPaths.Member("$.delegations", hook.Key.Split(' ')[0]), "the grant's timeout", null, false, $"an empty request of {hook.Key.Split(' ')[0]}",
                    "While it fails, requests get service-unavailable.");
            case HookKind.Password:
                return new(
                    "$.http_auth_url", "http_auth_timeout", "http_auth_credentials", host.HttpAuth?.Credentials is not null,
                    $"whether a user {IHostDoctorGrain.Nobody}, who is made up, has a password that is made up", "While it fails, those whose passwords it knows cannot log in.");
            default:
                return new(
                    "$.http_auth_url", "http_auth_timeout, at most 3 s for this question,", "http_auth_credentials", host.HttpAuth?.Credentials is not null, $"whether there is a user {asked.User.Localpart}",
                    "While it fails, those whose passwords it knows cannot log in.");
        }
    }

    /// <summary>As people say it: 3, 0.5.</summary>
    public static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);

    public static string Milliseconds(TimeSpan time) => Math.Ceiling(time.TotalMilliseconds).ToString("0", CultureInfo.InvariantCulture);

    private static Jid? RoomOf(ExaminationRequest asked, string service) => asked.Rooms.FirstOrDefault(room => room.Domainpart == service);

    private static string OnError(MucAuthOnError onError) => onError switch
    {
        MucAuthOnError.Allow => "While it fails, everybody is let in.",
        MucAuthOnError.Stale => "While it fails, the last decision counts, and those without one are told to try again later.",
        _ => "While it fails, those who want to enter are told to try again later; nobody who is in a room is removed.",
    };
}
