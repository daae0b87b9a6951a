using Krewe.Contracts.Hosts;
using Krewe.Frontend.Contents;
using Krewe.Frontend.Doctor;
using Krewe.Frontend.Listeners;
using Krewe.Frontend.Muc;
using Krewe.Frontend.Observability;
using Krewe.Frontend.Usage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Krewe.Frontend.Http;

/// <summary>
/// The HTTP API of one process in two calls. It needs <c>KreweOptions</c>, <see cref="IGrainFactory"/>, <see cref="ISessionDirectory"/> and
/// <see cref="Readiness"/> of whoever composes the process.
/// </summary>
internal static partial class KreweApi
{
    private const string Api = "/api";

    /// <summary>Prosody's refresh: its own answers are its own, but what it refuses is refused like everything else.</summary>
    private const string RosterAdmin = "/roster_admin";

    public static IServiceCollection AddKreweApi(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IHostSettingsSource, HostSettingsCache>();
        services.AddMetrics();
        services.TryAddSingleton<FrontendInstruments>();
        services.AddSingleton<AdminAuthentication>();
        services.AddSingleton<FailedTokens>();
        services.AddSingleton<TenantRequests>();
        services.AddSingleton<KeyUses>();
        services.AddHostedService(provider => provider.GetRequiredService<KeyUses>());
        services.AddKreweAuditLog();
        services.AddSingleton<AccountRemoval>();
        services.AddSingleton<PasswordHashing>();
        services.AddSingleton<RoomEndpoints>();
        services.AddSingleton<RoomRemoval>();
        services.AddSingleton<OccupantEndpoints>();
        services.AddSingleton<MucRevocation>();
        services.AddSingleton<DecisionEndpoints>();
        services.AddSingleton<DelegationEndpoints>();
        services.AddSingleton<HookEndpoints>();
        services.AddSingleton<UsageService>();
        services.AddSingleton<UsageEndpoints>();
        services.AddCertificates();
        services.AddSingleton<CertificateEndpoints>();
        services.AddSingleton<BackupEndpoints>();
        services.AddSingleton<HostErasure>();
        services.AddSingleton<ErasureEndpoints>();
        services.AddSingleton<ExportEndpoints>();
        services.AddSingleton<HookQuestions>().AddSingleton<AuthenticationExamination>().AddSingleton<CertificateExamination>().AddSingleton<ComponentExamination>().AddSingleton<GrantExamination>();
        services.AddSingleton<HostDoctor>();
        services.AddSingleton<DoctorEndpoints>();
        services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default));
        services.AddKreweDescription();
        return services;
    }

    /// <summary>Everything that is mapped, here and by others, is within the audit log's reach: it stands around the pipeline.</summary>
    public static void MapKreweApi(this WebApplication app)
    {
        app.UseMiddleware<AuditMiddleware>();
        app.UseWhen(http => http.Request.Path.StartsWithSegments(Api) || http.Request.Path.StartsWithSegments(RosterAdmin), api =>
        {
            api.UseExceptionHandler(new ExceptionHandlerOptions { ExceptionHandler = AnswerFailureAsync, AllowStatusCode404Response = true });
            api.UseStatusCodePages(context => ApiResults.Problem(context.HttpContext.Response.StatusCode).ExecuteAsync(context.HttpContext));
        });
        HealthEndpoints.Map(app);
        HostEndpoints.Map(app);
        HostDefaultsEndpoints.Map(app);
        HostVersionEndpoints.Map(app);
        HostSuspensionEndpoints.Map(app);
        KeyEndpoints.Map(app);
        AuditEndpoints.Map(app);
        AccountEndpoints.Map(app);
        SessionEndpoints.Map(app);
        RosterEndpoints.Map(app);
        RoomEndpoints.Map(app);
        OccupantEndpoints.Map(app);
        DecisionEndpoints.Map(app);
        DelegationEndpoints.Map(app);
        HookEndpoints.Map(app);
        UsageEndpoints.Map(app);
        CertificateEndpoints.Map(app);
        BackupEndpoints.Map(app);
        ExportEndpoints.Map(app);
        ErasureEndpoints.Map(app);
        DoctorEndpoints.Map(app);
        app.MapOpenApi("/openapi/{documentName}.json");
    }

    private static void AddKreweAuditLog(this IServiceCollection services)
    {
        services.AddSingleton<HostTenants>();
        services.AddSingleton<SignIns>();
        services.AddSingleton<AuditReader>();
        services.AddSingleton<AuditEndpoints>();
        services.AddSingleton<AuditQueue>();
        services.AddHostedService(provider => provider.GetRequiredService<AuditQueue>());
    }

    /// <summary>The middleware has logged the exception; its words are not for the caller.</summary>
    private static Task AnswerFailureAsync(HttpContext http) =>
        (http.Features.Get<IExceptionHandlerFeature>()?.Error switch
        {
            BadHttpRequestException bad => ApiResults.Problem(bad.StatusCode),
            TimeoutException => ApiResults.Problem(StatusCodes.Status503ServiceUnavailable, "The service did not answer in time."),
            _ => ApiResults.Problem(StatusCodes.Status500InternalServerError),
        }).ExecuteAsync(http);
}
