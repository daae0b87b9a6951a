using System.Net;
using Krewe.Contracts.Hosting;
using Krewe.Frontend.Observability;
using Krewe.Silo.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Krewe.Silo;

/// <summary>A process that has started: its options, and where its HTTP API is reached from this machine.</summary>
internal sealed record KreweHostStart(KreweOptions Options, Uri HttpBase);

/// <summary>Composes and runs the process: configuration, HTTP listeners, metrics.</summary>
internal static class KreweHost
{
    public static async Task<int> RunAsync(
        string[] args, Func<KreweHostStart, CancellationToken, Task>? whenListening = null, Action<IConfigurationManager>? configure = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        configure?.Invoke(builder.Configuration);
        var (options, problems) = KreweConfiguration.Read(builder.Configuration);
        if (options is null)
        {
            await Console.Error.WriteLineAsync($"krewe cannot start:\n  {string.Join("\n  ", problems)}");
            return 1;
        }

        builder.Services.AddSingleton(options);
        builder.Services.AddKreweMetrics();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            foreach (IPEndPoint endpoint in options.ListenHttp)
            {
                kestrel.Listen(endpoint);
            }
        });
        await using var app = builder.Build();
        app.MapKreweMetrics();
        await app.StartAsync();
        if (whenListening is not null)
        {
            await whenListening(new KreweHostStart(options, new Uri(app.Urls.First())), app.Lifetime.ApplicationStopping);
        }

        Console.WriteLine("krewe ready");
        await app.WaitForShutdownAsync();
        return 0;
    }
}
