using System.Collections.Immutable;
using System.Net;
using Krewe.Contracts.Audit;
using Krewe.Contracts.Hosting;
using Krewe.Contracts.Hosts;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Krewe.Frontend.Http;

/// <summary>The host that a request is for, of somebody who may act on it, whether what he asks for is refused or not.</summary>
internal sealed record AuditedHost(string Domain);

/// <summary>
/// Puts every change, refusal and sign-in of the HTTP API into the audit log. It stands around all endpoints, so none can be forgotten; what it tells is the route's, the
/// caller's and the answer's, and never a body or a query.
/// </summary>
internal sealed class AuditMiddleware(
    RequestDelegate next, AuditQueue queue, SignIns signIns, IHostSettingsSource hosts, HostTenants tenants, KreweOptions options, TimeProvider time)
{
    private const string RequestIdHeader = "X-Request-Id";

    private const int ValueCharactersMax = 256;

    public Task InvokeAsync(HttpContext http)
    {
        // Streams over HTTP and files are not the API's; the pipeline below forgets endpoint and route when it answers for a failure, so they are taken here.
        return http.GetEndpoint() is RouteEndpoint endpoint && (AuditPolicy.MayChange(http.Request.Method) || IsGuarded(http.Request.Path))
            ? InvokeAsync(http, endpoint)
            : next(http);
    }

    private async Task InvokeAsync(HttpContext http, RouteEndpoint endpoint)
    {
        var request = new Request(http, endpoint, Template(endpoint), new RouteValueDictionary(http.Request.RouteValues));
        http.Response.OnStarting(() =>
        {
            http.Response.Headers[RequestIdHeader] = http.TraceIdentifier;
            return AuditPolicy.MayChange(http.Request.Method) ? NoteAsync(request, http.Response.StatusCode) : Task.CompletedTask;
        });
        var isEnded = false;
        try
        {
            await next(http);
            isEnded = true;
        }
        finally
        {
            await NoteAsync(request, isEnded ? http.Response.StatusCode : StatusCodes.Status500InternalServerError);
        }
    }

    /// <summary>Once for each request: when its answer begins, or when it ends without having begun.</summary>
    private async Task NoteAsync(Request request, int status)
    {
        if (request.IsNoted)
        {
            return;
        }

        request.IsNoted = true;
        var (http, method) = (request.Http, request.Http.Request.Method);
        var from = HttpPeer.Of(http, options.TrustedProxies).Client;
        var caller = AdminAuthentication.CallerOf(http);
        if (caller is not null && signIns.IsSignIn(caller, from))
        {
            queue.Collect(caller.Host, new AuditEntry(AuditKind.SignIn, time.GetUtcNow(), caller.Name, Text(from), "", StatusCodes.Status200OK)
            {
                KeyName = caller.KeyName,
                RequestId = http.TraceIdentifier,
                Tenant = caller.Tenant ?? (caller.Host is { } own ? await TenantOfAsync(own) : null),
            });
        }

        if (AuditPolicy.KindOf(method, status, request.Endpoint) is { } kind)
        {
            await NoteAsync(request, kind, status, caller, from);
        }
    }

    private async Task NoteAsync(Request request, AuditKind kind, int status, ApiCaller? caller, IPAddress? from)
    {
        var (http, method) = (request.Http, request.Http.Request.Method);
        var mark = AuditPolicy.MarkOf(method, request.Template, status);
        var (log, tenant) = await OwnerAsync(http, caller, mark);
        var entry = new AuditEntry(kind, time.GetUtcNow(), caller?.Name, Text(from), $"{method} {request.Template}", status)
        {
            KeyName = caller?.KeyName,
            Values = Values(request, caller),
            RequestId = http.TraceIdentifier,
            Tenant = tenant,
            Mark = mark,
        };
        if (kind != AuditKind.Change)
        {
            queue.Collect(log, entry);
            return;
        }

        if (log is null)
        {
            await queue.WriteAsync(null, entry);
            return;
        }

        await queue.WriteAsync(log, entry);
        if (mark != AuditMark.None)
        {
            // That there is a host, or no more, is the provider's doing: it is in both logs. Here it is collected, so that many hosts are made as fast as one after the other.
            queue.Collect(null, entry);
        }
    }

    /// <summary>Whose log it belongs into: the host's that was acted on, a host key's own; else the provider's, as for a caller who is nobody.</summary>
    private async ValueTask<(string? Host, string? Tenant)> OwnerAsync(HttpContext http, ApiCaller? caller, AuditMark mark)
    {
        if ((caller?.Host ?? http.Features.Get<AuditedHost>()?.Domain) is not { } domain)
        {
            return (null, null);
        }

        // There is no log of a domain that is no host, and was none: anybody can make up names.
        var tenant = await TenantOfAsync(domain);
        return tenant is null && mark == AuditMark.None && caller?.Host is null ? (null, null) : (domain, tenant);
    }

    /// <summary>Null also when it cannot be found out: an answer that is on its way must not fail over this.</summary>
    private async ValueTask<string?> TenantOfAsync(string domain)
    {
        var asking = tenants.TenantOfAsync(domain).AsTask();
        await ((Task)asking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return asking.IsCompletedSuccessfully ? await asking : null;
    }

    /// <summary>The parameters of the path. Of somebody without a good token only a host that there is: whatever else he wrote there may be a secret.</summary>
    private ImmutableArray<AuditValue> Values(Request request, ApiCaller? caller)
    {
        if (caller is null)
        {
            return request.Values["host"] is string host && hosts.TryGetLoaded(host, out _) ? [new AuditValue("host", host)] : [];
        }

        var values = ImmutableArray.CreateBuilder<AuditValue>();
        foreach (var (name, value) in request.Values)
        {
            if (value is string text)
            {
                values.Add(new AuditValue(name, Shown(text)));
            }
        }

        return values.DrainToImmutable();
    }

    private static bool IsGuarded(PathString path) =>
        path.StartsWithSegments("/api") || path.StartsWithSegments("/roster_admin") || path.StartsWithSegments("/metrics");

    private static string Template(RouteEndpoint endpoint) => (endpoint.RoutePattern.RawText ?? "").Replace("**", "", StringComparison.Ordinal);

    private static string Shown(string text) =>
        new([.. text.Take(ValueCharactersMax).Select(character => char.IsControl(character) || char.IsSurrogate(character) ? '\uFFFD' : character)]);

    private static string? Text(IPAddress? address) => address?.ToString();

    private sealed record Request(HttpContext Http, RouteEndpoint Endpoint, string Template, RouteValueDictionary Values)
    {
        public bool IsNoted { get; set; }
    }
}
