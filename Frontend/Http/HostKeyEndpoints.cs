using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Krewe.Frontend.Http;

/// <summary>A host's keys: <c>/api/v1/hosts/{host}/keys</c>. A key makes keys only with scopes that it has itself.</summary>
internal static class HostKeyEndpoints
{
    private const string Keys = "/api/v1/hosts/{host}/keys";

    private const int NameCharactersMax = 100;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost(Keys, CreateAsync).RequireHost(HostKeys.Settings).WithTags("keys")
            .WithSummary("Makes a key and shows it this once.").Accepts<NewKeyBody>("application/json").Produces<KeyBody>(StatusCodes.Status201Created).WithProblems();
        routes.MapGet(Keys, ListAsync).RequireHost(HostKeys.Settings).WithTags("keys")
            .WithSummary("Lists the keys, without their secrets.").Produces<Page<KeyBody>>().WithPage().WithProblems();
        routes.MapGet(Keys + "/{id}", GetAsync).RequireHost(HostKeys.Settings).WithTags("keys")
            .WithSummary("Reads a key, without its secret.").Produces<KeyBody>().WithProblems();
        routes.MapDelete(Keys + "/{id}", DeleteAsync).RequireHost(HostKeys.Settings).WithTags("keys")
            .WithSummary("Deletes a key.").Produces(StatusCodes.Status204NoContent).WithProblems();
    }

    private static async Task<IResult> CreateAsync(HttpContext http, IGrainFactory grains, TimeProvider time)
    {
        var (caller, domain) = HostAccess.Of(http);
        var (body, problem) = await ApiRequest.ReadAsync(http, ApiJson.Default.NewKeyBody);
        if (body is null)
        {
            return problem!;
        }

        if (Check(body, time.GetUtcNow()) is { Count: > 0 } errors)
        {
            return ApiResults.Problem(StatusCodes.Status422UnprocessableEntity, "The key is not valid.", errors);
        }

        var scopes = body.Scopes!.Distinct().ToArray();
        if (scopes.Where(scope => !caller.Has(scope)).ToArray() is { Length: > 0 } missing)
        {
            return ApiResults.Forbidden($"A key makes keys only with scopes that it has itself; this one lacks {string.Join(", ", missing)}.");
        }

        var made = await grains.Host(domain).CreateKeyAsync(body.Name!, [.. scopes], body.ExpiresAt);
        return made is null
            ? ApiResults.Problem(StatusCodes.Status409Conflict, $"The host has {HostKeys.KeysMax} keys; delete one first.")
            : ApiResults.Json(
                Describe(made.Key) with { Key = new HostKeyToken(domain, made.Key.Id, made.Secret).ToToken() }, ApiJson.Default.KeyBody, StatusCodes.Status201Created);
    }

    private static async Task<IResult> ListAsync(HttpContext http, IGrainFactory grains)
    {
        var (after, limit, problem) = ApiRequest.Page(http);
        if (problem is not null)
        {
            return problem;
        }

        var keys = (await grains.Host(HostAccess.Of(http).Domain).KeysAsync()).OrderBy(key => key.Id, StringComparer.Ordinal)
            .Where(key => after is null || string.CompareOrdinal(key.Id, after) > 0).ToArray();
        return ApiResults.Json(
            new Page<KeyBody>([.. keys.Take(limit).Select(Describe)], keys.Length > limit ? keys[limit - 1].Id : null), ApiJson.Default.PageKeyBody);
    }

    private static async Task<IResult> GetAsync(HttpContext http, string id, IGrainFactory grains) =>
        (await grains.Host(HostAccess.Of(http).Domain).KeysAsync()).FirstOrDefault(key => key.Id == id) is { } key
            ? ApiResults.Json(Describe(key), ApiJson.Default.KeyBody)
            : NoSuchKey();

    private static async Task<IResult> DeleteAsync(HttpContext http, string id, IGrainFactory grains, AdminAuthentication authentication)
    {
        var domain = HostAccess.Of(http).Domain;
        var isDeleted = await grains.Host(domain).DeleteKeyAsync(id);
        authentication.Forget(domain, id);
        return isDeleted ? Results.NoContent() : NoSuchKey();
    }

    private static IResult NoSuchKey() => ApiResults.NotFound("There is no such key.");

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

    private static KeyBody Describe(HostKey key) => new(key.Id, null, key.Name, key.Scopes, key.CreatedAt, key.ExpiresAt);
}
