using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Frontend.Http;

/// <summary>A request that was let through to a host: who it is from and which host it is for.</summary>
internal sealed record HostAccess(ApiCaller Caller, string Domain)
{
    public static HostAccess Of(HttpContext http) => http.Features.GetRequiredFeature<HostAccess>();

    /// <summary>What to answer to somebody who may not do any more what was allowed when his request began; null when he may.</summary>
    public static async ValueTask<IResult?> RefusalAsync(HttpContext http) =>
        !await http.RequestServices.GetRequiredService<AdminAuthentication>().IsStillGoodAsync(http) ? AdminAuthentication.Unauthorized(http)
        : http.Features.Get<HostAccess>() is { } access && !await access.Caller.IsForAsync(access.Domain, http.RequestServices.GetRequiredService<IHostSettingsSource>()) ? OfAnother()
        : null;

    public static IResult OfAnother() => ApiResults.Forbidden("The key belongs to another host.");
}

/// <summary>
/// Lets requests through to endpoints, in the order that tells strangers least: 401 without a good token; 403 to a key for anything but its own
/// host or hosts, whether that exists or not, and for a scope that it lacks; only then 404.
/// </summary>
internal static class HostAccessFilters
{
    /// <summary>Endpoints that only the provider may use.</summary>
    public static TBuilder RequireProvider<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder =>
        builder.AddEndpointFilter<TBuilder, ProviderFilter>();

    /// <summary>Endpoints below <c>/api/v1/hosts/{host}</c>, for the provider and keys with the scope.</summary>
    /// <param name="mustExist">Whether a host that does not exist is 404 here.</param>
    public static TBuilder RequireHost<TBuilder>(this TBuilder builder, string scope, bool mustExist = true)
        where TBuilder : IEndpointConventionBuilder =>
        builder.AddEndpointFilter(new HostFilter(scope, mustExist));

    private sealed class ProviderFilter : IEndpointFilter
    {
        public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
        {
            var http = context.HttpContext;
            return await http.RequestServices.GetRequiredService<AdminAuthentication>().AuthenticateAsync(http) switch
            {
                null => AdminAuthentication.Unauthorized(http),
                { IsProvider: false } => ApiResults.Forbidden("Only the provider may do this."),
                _ => await next(context),
            };
        }
    }

    private sealed class HostFilter(string scope, bool mustExist) : IEndpointFilter
    {
        public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
        {
            var http = context.HttpContext;
            if (await http.RequestServices.GetRequiredService<AdminAuthentication>().AuthenticateAsync(http) is not { } caller)
            {
                return AdminAuthentication.Unauthorized(http);
            }

            var isDomain = JidEnforcement.TryPrepareDomainpart(http.GetRouteValue("host") as string ?? "", out var domain);
            if (!caller.IsProvider && (!isDomain || !await caller.IsForAsync(domain!, http.RequestServices.GetRequiredService<IHostSettingsSource>())))
            {
                return HostAccess.OfAnother();
            }

            if (isDomain)
            {
                http.Features.Set(new AuditedHost(domain!));
            }

            if (!caller.Has(scope))
            {
                return ApiResults.Forbidden($"The key lacks the scope {scope}.");
            }

            if (!isDomain)
            {
                return mustExist
                    ? ApiResults.NotFound("There is no such host.")
                    : ApiResults.Problem(StatusCodes.Status422UnprocessableEntity, "The host's name is not a domainpart (RFC 7622 §3.2).");
            }

            if (mustExist && await IsErasingAsync(http.RequestServices, domain!) is var isErasing && isErasing != false)
            {
                if (isErasing is null)
                {
                    return ApiResults.NotFound("There is no such host.");
                }

                // Its settings may be changed meanwhile, and it may be erased again or removed: but nothing is put where everything is being taken away.
                if (scope != HostKeys.Settings && !HttpMethods.IsGet(http.Request.Method))
                {
                    return ApiResults.Problem(StatusCodes.Status409Conflict, "The host's data is being erased.");
                }
            }

            http.Features.Set(new HostAccess(caller, domain!));
            return await next(context);
        }

        /// <summary>Null when there is no such host.</summary>
        private static async ValueTask<bool?> IsErasingAsync(IServiceProvider services, string domain) =>
            services.GetRequiredService<IHostSettingsSource>().TryGetLoaded(domain, out var host) ? host.IsErasing
            : await services.GetRequiredService<IGrainFactory>().Host(domain).GetAsync() is { Json: not null } document ? document.IsErasing
            : null;
    }
}
