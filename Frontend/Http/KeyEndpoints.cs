using Krewe.Contracts.Hosts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace Krewe.Frontend.Http;

/// <summary>
/// The keys of a host, <c>/api/v1/hosts/{host}/keys</c>, and of a tenant, <c>/api/v1/tenants/{tenant}/keys</c>, which act on all of its hosts. A key makes keys only with
/// scopes that it has itself.
/// </summary>
internal static class KeyEndpoints
{
    private const string HostKeysPath = "/api/v1/hosts/{host}/keys";

    private const string TenantKeysPath = "/api/v1/tenants/{tenant}/keys";

    private const int NameCharactersMax = 100;

    private const long OverlapSecondsDefault = 86_400;

    private const long OverlapSecondsMax = 30 * 86_400;

    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var route in Map(routes, HostKeysPath))
        {
            route.RequireHost(HostKeys.Settings);
        }

        foreach (var route in Map(routes, TenantKeysPath))
        {
            route.RequireTenant(HostKeys.Settings);
        }
    }

    private static RouteHandlerBuilder[] Map(IEndpointRouteBuilder routes, string keys) =>
    [
        routes.MapPost(keys, CreateAsync).WithTags("keys")
            .WithSummary("Makes a key and shows it this once.").Accepts<NewKeyBody>("application/json").Produces<KeyBody>(StatusCodes.Status201Created).WithProblems(),
        routes.MapGet(keys, ListAsync).WithTags("keys")
            .WithSummary("Lists the keys, without their secrets.").Produces<Page<KeyBody>>().WithPage().WithProblems(),
        routes.MapGet(keys + "/{id}", GetAsync).WithTags("keys")
            .WithSummary("Reads a key, without its secret.").Produces<KeyBody>().WithProblems(),
        routes.MapDelete(keys + "/{id}", DeleteAsync).WithTags("keys")
            .WithSummary("Deletes a key.").Produces(StatusCodes.Status204NoContent).WithProblems(),
        routes.MapPost(keys + "/{id}/rotate", RotateAsync).WithTags("keys")
            .WithSummary("Makes a key in the place of one that is good for expires_in more seconds, a day when absent, and shows it this once.")
            .Accepts<RotateKeyBody>(isOptional: true, "application/json").Produces<KeyBody>(StatusCodes.Status201Created).WithProblems(),
    ];

    private static async Task<IResult> CreateAsync(HttpContext http, IGrainFactory grains, TimeProvider time)
    {
        var owner = KeyOwner.Of(http);
        var (body, problem) = await ApiRequest.ReadAsync(http, ApiJson.Default.NewKeyBody);
        if (body is null)
        {
            return problem!;
        }

        if (Check(body, time.GetUtcNow()) is { Count: > 0 } errors)
        {
            return NotValid(errors);
        }

        var scopes = body.Scopes!.Distinct().ToArray();
        return Refusal(owner, scopes)
            ?? (await owner.Ring(grains).CreateAsync(body.Name!, [.. scopes], body.ExpiresAt) is { } made ? Made(owner, made) : Full());
    }

    private static async Task<IResult> ListAsync(HttpContext http, IGrainFactory grains, KeyUses uses)
    {
        var (after, limit, problem) = ApiRequest.Page(http);
        if (problem is not null)
        {
            return problem;
        }

        var owner = KeyOwner.Of(http);
        var keys = (await owner.Ring(grains).ListAsync()).OrderBy(key => key.Id, StringComparer.Ordinal)
            .Where(key => after is null || string.CompareOrdinal(key.Id, after) > 0).ToArray();
        return ApiResults.Json(
            new Page<KeyBody>([.. keys.Take(limit).Select(key => Describe(owner.WithLatest(uses, key)))], keys.Length > limit ? keys[limit - 1].Id : null),
            ApiJson.Default.PageKeyBody);
    }

    private static async Task<IResult> GetAsync(HttpContext http, string id, IGrainFactory grains, KeyUses uses)
    {
        var owner = KeyOwner.Of(http);
        return await FindAsync(owner, id, grains) is { } key ? ApiResults.Json(Describe(owner.WithLatest(uses, key)), ApiJson.Default.KeyBody) : NoSuchKey();
    }

    private static async Task<IResult> DeleteAsync(HttpContext http, string id, IGrainFactory grains, AdminAuthentication authentication)
    {
        var owner = KeyOwner.Of(http);
        var isDeleted = await owner.Ring(grains).DeleteAsync(id);
        owner.Forget(authentication, id);
        return isDeleted ? Results.NoContent() : NoSuchKey();
    }

    private static async Task<IResult> RotateAsync(HttpContext http, string id, IGrainFactory grains, AdminAuthentication authentication)
    {
        var owner = KeyOwner.Of(http);
        var (body, problem) = HasBody(http) ? await ApiRequest.ReadAsync(http, ApiJson.Default.RotateKeyBody) : (new RotateKeyBody(null), null);
        if (body is null)
        {
            return problem!;
        }

        var overlap = body.ExpiresIn ?? OverlapSecondsDefault;
        if (overlap is < 0 or > OverlapSecondsMax)
        {
            return NotValid([new ProblemPlace("$.expires_in", $"must be a number of seconds from 0 to {OverlapSecondsMax}")]);
        }

        if (await FindAsync(owner, id, grains) is not { } key)
        {
            return NoSuchKey();
        }

        if (Refusal(owner, key.Scopes) is { } refusal)
        {
            return refusal;
        }

        var rotation = await owner.Ring(grains).RotateAsync(id, TimeSpan.FromSeconds(overlap));
        owner.Forget(authentication, id);
        return rotation.Outcome switch
        {
            KeyRotationOutcome.Rotated => Made(owner, rotation.Successor!),
            KeyRotationOutcome.Replaced => ApiResults.Problem(StatusCodes.Status409Conflict, "There is a key in the place of this one already."),
            KeyRotationOutcome.Full => Full(),
            _ => NoSuchKey(),
        };
    }

    private static async Task<ApiKey?> FindAsync(KeyOwner owner, string id, IGrainFactory grains) =>
        (await owner.Ring(grains).ListAsync()).FirstOrDefault(key => key.Id == id);

    private static bool HasBody(HttpContext http) =>
        http.Request.ContentLength != 0 && http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody != false;

    private static IResult? Refusal(KeyOwner owner, IReadOnlyCollection<string> scopes) =>
        scopes.Where(scope => !owner.Caller.Has(scope)).ToArray() is { Length: > 0 } missing
            ? ApiResults.Forbidden($"A key makes keys only with scopes that it has itself; this one lacks {string.Join(", ", missing)}.")
            : null;

    private static IResult Made(KeyOwner owner, NewApiKey made) =>
        ApiResults.Json(Describe(made.Key) with { Key = owner.Token(made) }, ApiJson.Default.KeyBody, StatusCodes.Status201Created);

    private static IResult Full() => ApiResults.Problem(StatusCodes.Status409Conflict, $"There are {HostKeys.KeysMax} keys; delete one first.");

    private static IResult NoSuchKey() => ApiResults.NotFound("There is no such key.");

    private static IResult NotValid(IReadOnlyList<ProblemPlace> errors) =>
        ApiResults.Problem(StatusCodes.Status422UnprocessableEntity, "What is asked for is not valid.", errors);

    private static List<ProblemPlace> Check(NewKeyBody body, DateTimeOffset now)
    {
        var errors = new List<ProblemPlace>();
        if (body.Name is not { Length: > 0 and <= NameCharactersMax } name || name.Any(char.IsControl))
        {
            errors.Add(new ProblemPlace("$.name", $"must be a string of 1 to {NameCharactersMax} characters without control characters"));
        }

        if (body.Scopes is not { Count: > 0 } scopes)
        {
            errors.Add(new ProblemPlace("$.scopes", $"must be a list with at least one of {string.Join(", ", HostKeys.Scopes)}"));
        }
        else
        {
            errors.AddRange(scopes.Index().Where(scope => !HostKeys.Scopes.Contains(scope.Item))
                .Select(scope => new ProblemPlace($"$.scopes[{scope.Index}]", $"must be one of {string.Join(", ", HostKeys.Scopes)}")));
        }

        if (body.ExpiresAt <= now)
        {
            errors.Add(new ProblemPlace("$.expires_at", "must be in the future"));
        }

        return errors;
    }

    private static KeyBody Describe(ApiKey key) =>
        new(key.Id, null, key.Name, key.Scopes, key.CreatedAt, key.ExpiresAt, key.LastUsedAt, key.LastUsedFrom, key.ReplacedBy);
}
