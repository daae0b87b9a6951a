using Krewe.Contracts.Hosts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Frontend.Http;

/// <summary>A request that was let through to a tenant's own things: who it is from and which tenant it is for.</summary>
internal sealed record TenantAccess(ApiCaller Caller, string Tenant);

/// <summary>
/// Lets requests through to endpoints below <c>/api/v1/tenants/{tenant}</c>: the provider's, and those with a key of that tenant. A tenant is a name that hosts' documents
/// have; it need not be any document's yet.
/// </summary>
internal sealed class TenantFilter(string scope) : IEndpointFilter
{
    private const int SegmentsBefore = 3;

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (await http.RequestServices.GetRequiredService<AdminAuthentication>().AuthenticateAsync(http) is not { } caller)
        {
            return AdminAuthentication.Unauthorized(http);
        }

        var tenant = ApiRequest.Segment(http, SegmentsBefore);
        if (!caller.IsProvider && caller.Tenant != tenant)
        {
            return ApiResults.Forbidden("The key is not this tenant's.");
        }

        if (!caller.Has(scope))
        {
            return ApiResults.Forbidden($"The key lacks the scope {scope}.");
        }

        if (tenant.Length > HostKeys.TenantCharactersMax || tenant.Any(char.IsControl) || tenant.Contains('\uFFFD'))
        {
            return ApiResults.Problem(
                StatusCodes.Status422UnprocessableEntity, $"A tenant's name has at most {HostKeys.TenantCharactersMax} characters, none of them a control character.");
        }

        http.Features.Set(new TenantAccess(caller, tenant));
        return await next(context);
    }
}

internal static class TenantAccessFilters
{
    public static TBuilder RequireTenant<TBuilder>(this TBuilder builder, string scope)
        where TBuilder : IEndpointConventionBuilder =>
        builder.AddEndpointFilter(new TenantFilter(scope));
}
