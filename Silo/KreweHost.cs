using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosting;
using Krewe.Contracts.Sessions;
using Krewe.Frontend;
using Krewe.Frontend.Components;
using Krewe.Frontend.Http;
using Krewe.Frontend.Streams;
using Krewe.Grains;
using Krewe.Grains.Storage;
using Krewe.Silo.Configuration;
using Microsoft.AspNetCore.Connections;

namespace Krewe.Silo;

/// <summary>A process that has started, for what is to run before it says so.</summary>
internal sealed record KreweHostStart(KreweOptions Options, Uri HttpBase, IServiceProvider Services);

/// <summary>
/// Composes silo and frontend in one process, and runs it: configuration, start, the line <c>krewe ready</c>, and the drain at its end.
/// </summary>
internal static class KreweHost
{
    /// <summary>SIGTERM to exit takes at most ten seconds; this leaves some of them to the grain host.</summary>
    private static readonly TimeSpan DrainWithin = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(6);

    /// <param name="whenListening">Runs when every listener accepts, before <c>krewe ready</c> is printed.</param>
    /// <param name="configure">May add to the configuration before it is read.</param>
    /// <returns>The exit code: 1 when the configuration is impossible or the start failed.</returns>
    public static async Task<int> RunAsync(
        string[] args, Func<KreweHostStart, CancellationToken, Task>? whenListening = null, Action<IConfigurationManager>? configure = null)
    {
        // Before anything touches a socket: receive, route and send run on one thread (docs/ARCHITECTURE.md, "Threads").
        Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
        JidEnforcement.EnsureGlobalization();
        var builder = CreateBuilder(args);
        configure?.Invoke(builder.Configuration);
        var (options, problems) = KreweConfiguration.Read(builder.Configuration);
        if (options is null)
        {
            await Console.Error.WriteLineAsync($"krewe cannot start:\n  {string.Join("\n  ", problems)}");
            return 1;
        }

        if (ListenerCheck.Problems(options) is { Count: > 0 } taken)
        {
            await Console.Error.WriteLineAsync($"krewe cannot start, as it cannot listen at:\n  {string.Join("\n  ", taken)}");
            return 1;
        }

        WebApplication app;
        try
        {
            app = Build(builder, options);
            await app.StartAsync();
        }
        catch (Exception e) when (e is SocketException or IOException { InnerException: AddressInUseException })
        {
            // Taken in the moment since they were looked at.
            var keys = ListenerCheck.Listeners(options).Select(listener => $"{listener.Key} {listener.Endpoint}");
            await Console.Error.WriteLineAsync($"krewe cannot start, as it cannot listen at one of {string.Join(", ", keys)}: {e.Message}");
            return 1;
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or StorageStartException)
        {
            await Console.Error.WriteLineAsync($"krewe cannot start: {e.Message}");
            return 1;
        }

        await using (app)
        {
            try
            {
                await (whenListening?.Invoke(new KreweHostStart(options, HttpBase(options), app.Services), app.Lifetime.ApplicationStopping) ?? Task.CompletedTask);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
            {
                await Console.Error.WriteLineAsync($"krewe cannot start: {e.Message}");
                await app.StopAsync();
                return 1;
            }

            Describe(options);
            Console.WriteLine("krewe ready");
            await app.WaitForShutdownAsync();
        }

        return 0;
    }

    /// <summary>A builder without the surprises of the ambient folder: settings lie beside the assembly.</summary>
    public static WebApplicationBuilder CreateBuilder(string[] args) => WebApplication.CreateBuilder(new WebApplicationOptions
    {
        Args = args,
        ContentRootPath = AppContext.BaseDirectory,
        ApplicationName = "Krewe.Silo",
    });

    /// <summary>The whole process, not started.</summary>
    public static WebApplication Build(WebApplicationBuilder builder, KreweOptions options)
    {
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = StopWithin);
        options = GrainHost.ChooseListeners(options);
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(new LocalRoutes(options.UseLocalPath));
        builder.Services.AddSingleton(new Readiness(GrainHost.Name, StartReports.Parts));
        builder.Services.AddHostedService<HeapTrim>();
        builder.AddGrainHost(options);
        builder.Services.AddKreweGrains(options);
        builder.Services.AddHostedService<StartReports>();
        builder.Services.AddKreweFrontend();
        builder.WebHost.ListenForKrewe(options);
        var app = builder.Build();
        app.MapKreweFrontend();
        app.Lifetime.ApplicationStopping.Register(() => Drain(app.Services));
        return app;
    }

    /// <summary>Streams are told <c>system-shutdown</c> while the grains that tell their contacts still run.</summary>
    private static void Drain(IServiceProvider services)
    {
        services.GetRequiredService<Readiness>().Drain();
        using var patience = new CancellationTokenSource(DrainWithin);
        Task.WhenAll(
            services.GetRequiredService<StreamWatch>().DrainAsync(patience.Token),
            services.GetRequiredService<ComponentWatch>().DrainAsync(patience.Token)).Wait(DrainWithin);
    }

    private static Uri HttpBase(KreweOptions options)
    {
        var endpoint = options.ListenHttp.FirstOrDefault() ?? new IPEndPoint(IPAddress.Loopback, 80);
        var address = endpoint.Address.Equals(IPAddress.Any) ? IPAddress.Loopback : endpoint.Address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : endpoint.Address;
        return new Uri($"http://{new IPEndPoint(address, endpoint.Port)}/");
    }

    private static void Describe(KreweOptions options)
    {
        Console.WriteLine($"grain host: {GrainHost.Name}");
        Write("c2s", options.ListenC2S);
        Write("c2s direct TLS", options.ListenC2STls);
        Write("component", options.ListenComponent);
        Write("http", options.ListenHttp);
        Write("https", options.ListenHttps);
        Console.WriteLine($"admin token: {options.AdminTokenFile ?? "configured"}");

        static void Write(string name, IReadOnlyCollection<IPEndPoint> endpoints)
        {
            if (endpoints.Count > 0)
            {
                Console.WriteLine($"listening ({name}): {string.Join(", ", endpoints)}");
            }
        }
    }
}
