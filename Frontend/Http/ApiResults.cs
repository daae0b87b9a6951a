using System.Collections.Immutable;
using System.Text.Json.Serialization.Metadata;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Observability;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Frontend.Http;

/// <summary>What the API answers: JSON of <see cref="ApiJson"/>, and problems (RFC 9457), which are counted.</summary>
internal static class ApiResults
{
    public const string ProblemType = "application/problem+json";

    public static IResult Json<T>(T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK) =>
        Results.Json(value, type, contentType: null, status);

    public static IResult Problem(int status, string? detail = null, IReadOnlyList<ProblemPlace>? errors = null) =>
        new ProblemResult(new ProblemBody("about:blank", ReasonPhrases.GetReasonPhrase(status), status, detail, errors));

    public static IResult Problem(int status, string detail, ImmutableArray<DocumentProblem> problems) =>
        Problem(status, detail, [.. problems.Select(problem => new ProblemPlace(problem.Path, problem.Message))]);

    public static IResult NotFound(string detail) => Problem(StatusCodes.Status404NotFound, detail);

    public static IResult Forbidden(string detail) => Problem(StatusCodes.Status403Forbidden, detail);

    private sealed class ProblemResult(ProblemBody problem) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.RequestServices.GetRequiredService<FrontendInstruments>().Problem(problem.Status);
            return Results.Json(problem, ApiJson.Default.ProblemBody, ProblemType, problem.Status).ExecuteAsync(httpContext);
        }
    }
}
