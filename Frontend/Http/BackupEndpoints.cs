using System.Globalization;
using Krewe.Contracts.Hosting;
using Krewe.Contracts.Storage;
using Krewe.Frontend.Backups;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Frontend.Http;

/// <summary>A backup of this process's durable state, made while it runs: <c>/api/v1/backup</c>. One at a time; one that breaks off has no <c>SHA256SUMS</c> at its end.</summary>
internal sealed class BackupEndpoints(KreweOptions options, IServiceProvider services, TimeProvider time)
{
    /// <summary>Whoever reads so slowly holds the copy of the store, and everybody else's backups.</summary>
    private static readonly TimeSpan ReadWithin = TimeSpan.FromHours(6);

    private readonly SemaphoreSlim _one = new(1);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/v1/backup", (HttpContext http, BackupEndpoints endpoints) => endpoints.GetAsync(http)).RequireProvider().WithTags("backup")
            .WithSummary("A consistent backup of the durable state as a tar archive, made while everything goes on.")
            .Produces<Stream>(StatusCodes.Status200OK, "application/x-tar").WithProblems(401, 403, 409, 501);

    private async Task<IResult> GetAsync(HttpContext http)
    {
        if (services.GetService<IStoreBackup>() is not { } store)
        {
            return ApiResults.Problem(
                StatusCodes.Status501NotImplemented, "This service keeps its state in a database of its own: back that up with the database's own means.");
        }

        if (!await _one.WaitAsync(0))
        {
            return ApiResults.Problem(StatusCodes.Status409Conflict, "A backup is being made; one at a time.");
        }

        try
        {
            using var deadline = new CancellationTokenSource(ReadWithin, time);
            using var end = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, deadline.Token);
            http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            http.Response.ContentType = "application/x-tar";
            http.Response.Headers.ContentDisposition =
                string.Create(CultureInfo.InvariantCulture, $"attachment; filename=\"krewe-{time.GetUtcNow():yyyyMMdd'T'HHmmss'Z'}.tar\"");
            http.Response.Headers.CacheControl = "no-store";
            await new BackupWriter(options, store, time).WriteAsync(http.Response.Body, end.Token);
            return Results.Empty;
        }
        finally
        {
            _one.Release();
        }
    }
}
