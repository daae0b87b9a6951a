using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Doctor;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.OpenApi;

namespace Krewe.Frontend.Http;

/// <summary>What is wrong with a host, in words: <c>/api/v1/hosts/{host}/doctor</c>. It calls the host's hooks, and changes nothing.</summary>
internal sealed class DoctorEndpoints(IGrainFactory grains, IHostSettingsSource hosts, HostDoctor doctor, TimeProvider time)
{
    /// <summary>However many hooks there are, and however slow.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/v1/hosts/{host}/doctor", (HttpContext http, DoctorEndpoints self) => self.ExamineAsync(http)).RequireHost(HostKeys.Settings).WithTags("hosts")
            .WithSummary("Looks a host over, calls each of its hooks, and says in words what is wrong. One examination of a host at a time.")
            .WithQuery("hooks", "false: no hook is called.", JsonSchemaType.Boolean)
            .WithQuery("user", "The user whom hooks are asked about: a localpart or a bare JID of the host. An account of the host otherwise, or krewe-doctor.")
            .WithQuery("room", "The JID of the room that its service is asked about.")
            .Produces<DoctorBody>().WithProblems(400, 401, 403, 404, 409, 503);

    private async Task<IResult> ExamineAsync(HttpContext http)
    {
        var domain = HostAccess.Of(http).Domain;
        var query = http.Request.Query;
        if (!TryGetUser(query["user"].ToString(), domain, out var user))
        {
            return ApiResults.Problem(StatusCodes.Status400BadRequest, "user must be a localpart or a bare JID of the host.");
        }

        var document = await grains.Host(domain).GetAsync();
        if (document.Json is null)
        {
            return ApiResults.NotFound("There is no such host.");
        }

        var host = await hosts.GetAsync(domain);
        Jid? room = null;
        var isRoom = query["room"].ToString() is not { Length: > 0 } text || (RoomRequest.TryParse(text, out room) && host is not null && HasService(host, room!.Domainpart));
        if (!isRoom)
        {
            return ApiResults.Problem(StatusCodes.Status400BadRequest, "room must be the JID of a room at one of the host's room services.");
        }

        var items = await doctor.ExamineAsync(document, host, user, room, query["hooks"] != "false").WaitAsync(Deadline, time, http.RequestAborted);
        return items is null
            ? ApiResults.Problem(StatusCodes.Status409Conflict, "The host is being examined already; ask again in a moment.")
            : ApiResults.Json(new DoctorBody([.. items.Select(item => new DoctorItemBody(Word(item.Level), item.Subject, item.Message))]), ApiJson.Default.DoctorBody);
    }

    private static bool HasService(HostSettings host, string domain) => RoomRequest.Services(host).Any(service => service.Domain == domain);

    /// <summary>False when it is none; null for nobody in particular.</summary>
    private static bool TryGetUser(string text, string domain, out Jid? user)
    {
        user = null;
        if (text.Length == 0)
        {
            return true;
        }

        return text.Contains('@')
            ? Jid.TryParse(text, out user) && user is { IsBare: true, HasLocalpart: true } && user.Domainpart == domain
            : JidEnforcement.TryPrepareLocalpart(text, out var localpart) && Jid.TryParse($"{localpart}@{domain}", out user);
    }

    private static string Word(DoctorLevel level) => level switch
    {
        DoctorLevel.Ok => "ok",
        DoctorLevel.Note => "note",
        _ => "bad",
    };
}
