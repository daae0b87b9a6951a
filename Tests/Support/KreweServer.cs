using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Krewe.Contracts.Accounts;
using Krewe.Contracts.Hosting;
using Krewe.Silo;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Krewe.Tests.Support;

/// <summary>The whole process inside the test's: listeners on free loopback ports, a data folder of its own, and the tenants' application beside it.</summary>
internal sealed class KreweServer : IAsyncDisposable
{
    public const string AdminToken = "the provider's token, for tests";
    public const string Password = "secret";

    /// <summary>Made once, with the fewest iterations that are taken, so that no test pays for PBKDF2 again and again.</summary>
    private static readonly Lazy<JsonObject> StoredKeys = new(() => new JsonObject { ["scram"] = new JsonObject(ScramKeys.Hashes.Select(hash =>
    {
        var keys = ScramKeys.Derive(Password, hash, "a salt for tests"u8.ToArray(), ScramKeys.IterationsMin);
        return KeyValuePair.Create<string, JsonNode?>(ScramKeys.MechanismName(hash), new JsonObject
        {
            ["salt"] = Convert.ToBase64String(keys.Salt.Span),
            ["iterations"] = keys.Iterations,
            ["stored_key"] = Convert.ToBase64String(keys.StoredKey.Span),
            ["server_key"] = Convert.ToBase64String(keys.ServerKey.Span),
        });
    })) });

    private readonly WebApplication _app;
    private readonly string _data;

    private KreweServer(WebApplication app, string data, TenantHooks hooks, ErrorLog errors)
    {
        (_app, _data, Hooks, Errors) = (app, data, hooks, errors);
        var addresses = app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses;
        ImmutableArray<IPEndPoint> endpoints = [.. addresses.Select(address => new IPEndPoint(IPAddress.Loopback, new Uri(address).Port))];
        (C2S, C2STls, Component) = (endpoints[0], endpoints[1], endpoints[2]);
        WebSocket = new Uri($"ws://{endpoints[3]}/xmpp-websocket");
        SecureWebSocket = new Uri($"wss://{endpoints[^1]}/xmpp-websocket");
        Http = new HttpClient { BaseAddress = new Uri($"http://{endpoints[3]}/") };
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AdminToken);
    }

    public IPEndPoint C2S { get; }

    public IPEndPoint C2STls { get; }

    public IPEndPoint Component { get; }

    public Uri WebSocket { get; }

    public Uri SecureWebSocket { get; }

    /// <summary>With the provider's token.</summary>
    public HttpClient Http { get; }

    public TenantHooks Hooks { get; }

    /// <summary>What was logged as an error: always a bug.</summary>
    public ErrorLog Errors { get; }

    public IServiceProvider Services => _app.Services;

    public static async Task<KreweServer> StartAsync(bool useLocalPath = true, Func<KreweOptions, KreweOptions>? configure = null)
    {
        var data = Directory.CreateTempSubdirectory("krewe-test-").FullName;
        var errors = new ErrorLog();
        var builder = KreweHost.CreateBuilder([]);
        builder.Logging.ClearProviders().AddProvider(errors).SetMinimumLevel(LogLevel.Error);

        // Port 0: the system picks a free one, and nobody can take it in between.
        var options = new KreweOptions
        {
            ListenC2S = [new IPEndPoint(IPAddress.Loopback, 0)],
            ListenC2STls = [new IPEndPoint(IPAddress.Loopback, 0)],
            ListenComponent = [new IPEndPoint(IPAddress.Loopback, 0)],
            ListenHttp = [new IPEndPoint(IPAddress.Loopback, 0)],
            ListenHttps = [new IPEndPoint(IPAddress.Loopback, 0)],
            Data = data,
            AdminToken = AdminToken,
            EgressAllow = [new EgressAllowance(IPNetwork.Parse("127.0.0.0/8"), null)],
            UseLocalPath = useLocalPath,
        };
        var app = KreweHost.Build(builder, configure?.Invoke(options) ?? options);
        await app.StartAsync();
        return new KreweServer(app, data, await TenantHooks.StartAsync(), errors);
    }

    /// <summary>Creates or replaces a host's document through the API.</summary>
    public async Task PutHostAsync(string domain, JsonObject document)
    {
        using var answer = await Http.PutAsJsonAsync($"api/v1/hosts/{domain}", document);
        Assert.True(answer.IsSuccessStatusCode, $"PUT {domain}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
    }

    /// <summary>An account whose password is <see cref="Password"/>.</summary>
    public async Task PutAccountAsync(string domain, string localpart)
    {
        using var answer = await Http.PutAsJsonAsync($"api/v1/hosts/{domain}/accounts/{Uri.EscapeDataString(localpart)}", StoredKeys.Value);
        Assert.True(answer.IsSuccessStatusCode, $"PUT {localpart}@{domain}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
    }

    public async Task<(int Status, string Body)> SendAsync(HttpMethod method, string path, string? json)
    {
        using var request = new HttpRequestMessage(method, path.TrimStart('/'));
        request.Content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = await Http.SendAsync(request).WaitAsync(Timeouts.Test);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>As a signal does.</summary>
    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        await Hooks.DisposeAsync();
        Http.Dispose();
        Directory.Delete(_data, recursive: true);
    }
}

/// <summary>Collects what is logged at Error and above.</summary>
internal sealed class ErrorLog : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> _entries = new();

    /// <summary>Empties the log.</summary>
    public IReadOnlyList<string> Take()
    {
        var taken = new List<string>();
        while (_entries.TryDequeue(out var entry))
        {
            taken.Add(entry);
        }

        return taken;
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            _entries.Enqueue($"{formatter(state, exception)} {exception}");
        }
    }

    public void Dispose()
    {
    }
}
