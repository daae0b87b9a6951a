using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosting;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Rosters;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Krewe.Frontend.Http;

/// <summary>
/// The refresh (contract §4): Prosody's two forms below <c>/roster_admin</c>, and the API's with details. Whatever the tenant's service does, the
/// answer comes within <see cref="KreweOptions.RefreshDeadline"/>.
/// </summary>
internal sealed class RefreshEndpoints(
    KreweOptions options, AdminAuthentication authentication, IHostSettingsSource hosts, IGrainFactory grains, RosterRefresh refresh, LargeWork large)
{
    private const string Scope = "roster";
    private const string HostWords = "Which host; else the key's own, the one of the Host header, the configured default, or the only one.";
    private const string Done = "roster update complete";

    /// <summary>Of the hosts that are looked at to find the only one: two are enough to know that there is none.</summary>
    private const int HostsAtOnce = 16;

    public static void Map(IEndpointRouteBuilder routes)
    {
        Describe(routes.MapPost("/roster_admin/refresh", (HttpContext http, RefreshEndpoints self) => self.PostAsync(http, null, isDetailed: false)), hasBody: true)
            .WithSummary("Prosody's form: a JSON array of localparts.").WithQuery("host", HostWords).WithoutToken(orToken: true);
        Describe(routes.MapGet("/roster_admin/refresh/{localpart}", (HttpContext http, RefreshEndpoints self) => self.GetAsync(http)), hasBody: false)
            .WithSummary("Prosody's form for one user.").WithQuery("host", HostWords).WithoutToken(orToken: true);
        Describe(
            routes.MapPost("/api/v1/hosts/{host}/rosters/refresh", (HttpContext http, string host, RefreshEndpoints self) => self.PostAsync(http, host, isDetailed: true)),
            hasBody: true).WithSummary("Refreshes rosters, with a result for each.");
    }

    private static RouteHandlerBuilder Describe(RouteHandlerBuilder route, bool hasBody)
    {
        route.AuditedAsAction().WithTags("rosters").Produces<RefreshAnswerBody>().Produces<RefreshAnswerBody>(StatusCodes.Status202Accepted).WithProblems(401, 403, 404)
            .WithHeader("Prefer", "respond-async: answered with 202 before any hook is called.");
        return hasBody
            ? route.WithNames().Produces<RefreshAnswerBody>(StatusCodes.Status400BadRequest).WithProblems(StatusCodes.Status413PayloadTooLarge)
            : route;
    }

    private async Task<IResult> PostAsync(HttpContext http, string? named, bool isDetailed)
    {
        var (host, refused) = await AuthorizeAsync(http, named);
        if (host is null)
        {
            return refused!;
        }

        var (names, malformed) = await RefreshBody.ReadAsync(http.Request, host.Domain, large, http.RequestAborted);
        if (names is null)
        {
            return malformed!;
        }

        return await RunAsync(http, host, names, isDetailed);
    }

    private async Task<IResult> GetAsync(HttpContext http)
    {
        var (host, refused) = await AuthorizeAsync(http, null);
        return host is null ? refused! : await RunAsync(http, host, [ApiRequest.Rest(http, segments: 2)], isDetailed: false);
    }

    private async Task<IResult> RunAsync(HttpContext http, HostSettings host, IReadOnlyList<string> names, bool isDetailed)
    {
        if (!refresh.TryBegin(host.Domain, names.Count))
        {
            http.Response.Headers.RetryAfter = "1";
            return ApiResults.Problem(
                StatusCodes.Status429TooManyRequests, $"So many names of earlier refreshes of this host are under way that these would be more than {RosterRefresh.NamesMax}.");
        }

        var users = names.Count < LargeWork.ContactsMin ? RosterRefresh.Resolve(host, names) : await large.RunAsync(host.Domain, () => RosterRefresh.Resolve(host, names));
        if (http.Request.Headers["Prefer"].Any(prefer => prefer?.Contains("respond-async", StringComparison.OrdinalIgnoreCase) == true))
        {
            var invalid = users.Count(user => user.Jid is null);
            http.Response.Headers["Preference-Applied"] = "respond-async";

            // Off this request: an application with one worker refreshes from within a request of its own, and is asked only once it is answered.
            http.Response.OnCompleted(() =>
            {
                _ = Task.Run(() => refresh.RunAsync(host, users, Timeout.InfiniteTimeSpan));
                return Task.CompletedTask;
            });
            return new RefreshAnswer(StatusCodes.Status202Accepted, "roster update accepted", users.Length - invalid, invalid, null);
        }

        await refresh.RunAsync(host, users, options.RefreshDeadline);
        return Answer(users, isDetailed);
    }

    private static RefreshAnswer Answer(ImmutableArray<RefreshedUser> users, bool isDetailed)
    {
        // One reading for counts and details: what is still pending may end at any moment.
        var outcomes = users.Select(user => (user.Name, user.Outcome)).ToList();
        var errors = outcomes.Count(one => one.Outcome.IsError);
        return new RefreshAnswer(StatusCodes.Status200OK, Done, users.Length - errors, errors, isDetailed ? outcomes : null);
    }

    /// <summary>Which host it is for, and whether the caller may: by token, or by its address where the host allows that.</summary>
    private async Task<(HostSettings? Host, IResult? Refused)> AuthorizeAsync(HttpContext http, string? named)
    {
        var caller = await authentication.AuthenticateAsync(http, isRefresh: true);
        if (caller is null && http.Request.Headers.Authorization.Count > 0)
        {
            return (null, AdminAuthentication.Unauthorized(http));
        }

        var domain = await ChooseHostAsync(http, named, caller);
        if (caller is { IsProvider: false } && domain is not null && !await caller.IsForAsync(domain, hosts))
        {
            return (null, ApiResults.Forbidden("The key belongs to another host."));
        }

        if (caller is not null && domain is not null)
        {
            http.Features.Set(new AuditedHost(domain));
        }

        if (caller is not null && !caller.Has(Scope))
        {
            return (null, ApiResults.Forbidden($"The key lacks the scope {Scope}."));
        }

        var host = domain is null ? null : await hosts.GetAsync(domain);
        if (caller is null && (host is null || named is not null || !IsAllowedByAddress(http, host)))
        {
            return (null, AdminAuthentication.Unauthorized(http));
        }

        if (host is null)
        {
            return (null, ApiResults.NotFound("There is no such host."));
        }

        http.Features.Set(new AuditedHost(host.Domain));
        return (host, null);
    }

    private async Task<string?> ChooseHostAsync(HttpContext http, string? named, ApiCaller? caller)
    {
        var text = named ?? http.Request.Query["host"].FirstOrDefault();
        if (text is not null)
        {
            return Prepared(text) ?? text;
        }

        if (caller?.Host is { } own)
        {
            return own;
        }

        if (Prepared(http.Request.Host.Host) is { } header && await hosts.GetAsync(header) is not null)
        {
            return header;
        }

        return options.DefaultHost ?? await OnlyHostAsync();
    }

    /// <summary>The only host there is, from the API or a file. What a removed host left behind, such as keys, is none.</summary>
    private async Task<string?> OnlyHostAsync()
    {
        string? only = null, after = null;
        while (await grains.HostDirectory().HostsAsync(after, HostsAtOnce) is { Length: > 0 } domains)
        {
            foreach (var domain in domains)
            {
                if (await hosts.GetAsync(domain) is not null)
                {
                    if (only is not null)
                    {
                        return null;
                    }

                    only = domain;
                }
            }

            after = domains[^1];
        }

        return only;
    }

    private bool IsAllowedByAddress(HttpContext http, HostSettings host)
    {
        return !host.RosterAdminAllowFrom.IsEmpty
            && HttpPeer.Of(http, options.TrustedProxies).Client is { } client
            && host.RosterAdminAllowFrom.Any(network => network.Contains(client));
    }

    private static string? Prepared(string text) => JidEnforcement.TryPrepareDomainpart(text, out var domain) ? domain : null;
}
