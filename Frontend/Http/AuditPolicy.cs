using Krewe.Contracts.Audit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Krewe.Frontend.Http;

/// <summary>Which requests belong into the audit log, and as what.</summary>
internal static class AuditPolicy
{
    private const string Host = "/api/v1/hosts/{host}";

    /// <summary>An endpoint that applications call every day and that changes no settings: its successes are told together, and not before the answer.</summary>
    public static RouteHandlerBuilder AuditedAsAction(this RouteHandlerBuilder route) => route.WithMetadata(ActionEndpoint.Instance);

    /// <summary>Reading says nothing by itself; everything else may change something.</summary>
    public static bool MayChange(string method) => !HttpMethods.IsGet(method) && !HttpMethods.IsHead(method) && !HttpMethods.IsOptions(method);

    /// <summary>What a request is to the audit log; null when it is nothing to it. Requests that were not understood, or whose condition was not met, did
    /// nothing; those that failed, or whose caller went away, may have done something.</summary>
    public static AuditKind? KindOf(string method, int status, Endpoint? endpoint) => status switch
    {
        StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden or StatusCodes.Status429TooManyRequests => AuditKind.Refusal,
        _ when !MayChange(method) => null,
        StatusCodes.Status422UnprocessableEntity => AuditKind.Refusal,
        < 400 or >= StatusCodes.Status499ClientClosedRequest => endpoint?.Metadata.GetMetadata<ActionEndpoint>() is null ? AuditKind.Change : AuditKind.Action,
        _ => null,
    };

    /// <param name="template">The route template.</param>
    public static AuditMark MarkOf(string method, string template, int status) => (template, status) switch
    {
        (Host, StatusCodes.Status201Created) when HttpMethods.IsPut(method) => AuditMark.HostCreated,
        (Host, StatusCodes.Status204NoContent) when HttpMethods.IsDelete(method) => AuditMark.HostDeleted,
        _ => AuditMark.None,
    };

    private sealed class ActionEndpoint
    {
        public static readonly ActionEndpoint Instance = new();
    }
}
