using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Krewe.Contracts.Accounts;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosting;
using Krewe.Silo;
using Krewe.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Krewe.Tests.Defects;

/// <summary>
/// The whole server in this process, behind real sockets. Hosts, keys and accounts are made over its HTTP API, as an operator makes them.
/// That it logged no error is checked when it ends.
/// </summary>
public sealed class RunningKrewe : IAsyncLifetime
{
    internal const string Password = "secret";
    internal const string Token = "provider-token";

    // One set of stored keys for all: a login with the fewest iterations that are taken, and none to make an account.
    private static readonly ScramCredentials Keys = ScramKeys.Derive(Password, ScramHash.Sha1, "salt for all tests"u8.ToArray(), ScramKeys.IterationsMin);

    private readonly string _data = Directory.CreateTempSubdirectory("krewe-defects-").FullName;
    private readonly ErrorLog _errors = new();
    private readonly ConcurrentBag<Tenant> _tenants = [];
    private WebApplication? _app;
    private int _hosts;

    internal Func<KreweOptions, KreweOptions> Configure { get; init; } = options => options;

    internal IPEndPoint C2S { get; private set; } = null!;

    internal IPEndPoint Component { get; private set; } = null!;

    /// <summary>For requests with the provider's token.</summary>
    internal HttpClient Provider { get; private set; } = null!;

    /// <summary>For requests that say themselves who they are.</summary>
    internal HttpClient Stranger { get; private set; } = null!;

    internal IServiceProvider Services => _app!.Services;

    internal static async Task<RunningKrewe> StartAsync(Func<KreweOptions, KreweOptions> configure)
    {
        var krewe = new RunningKrewe { Configure = configure };
        await krewe.InitializeAsync();
        return krewe;
    }

    public async Task InitializeAsync()
    {
        JidEnforcement.EnsureGlobalization();
        var builder = KreweHost.CreateBuilder([]);
        builder.Logging.ClearProviders().AddProvider(_errors).SetMinimumLevel(LogLevel.Error);
        _app = KreweHost.Build(builder, Configure(new KreweOptions
        {
            ListenC2S = [new IPEndPoint(IPAddress.Loopback, 0)],
            ListenComponent = [new IPEndPoint(IPAddress.Loopback, 0)],
            ListenHttp = [new IPEndPoint(IPAddress.Loopback, 0)],
            Data = _data,
            AdminToken = Token,
            EgressAllow = [new EgressAllowance(IPNetwork.Parse("127.0.0.0/8"), null)],
        }));
        await _app.StartAsync();
        var endpoints = _app.Urls.Select(url => new Uri(url)).ToList();
        C2S = new IPEndPoint(IPAddress.Loopback, endpoints[0].Port);
        Component = new IPEndPoint(IPAddress.Loopback, endpoints[1].Port);
        Stranger = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = endpoints[2], Timeout = TimeSpan.FromMinutes(1) };
        Provider = new HttpClient { BaseAddress = endpoints[2], Timeout = TimeSpan.FromMinutes(1) };
        Provider.DefaultRequestHeaders.Authorization = new("Bearer", Token);
    }

    /// <summary>Stops the server and starts it again on its data, as a deployment does.</summary>
    internal async Task RestartAsync()
    {
        await StopAsync();
        await InitializeAsync();
    }

    public async Task DisposeAsync()
    {
        foreach (var tenant in _tenants)
        {
            await tenant.DisposeAsync();
        }

        await StopAsync();
        Directory.Delete(_data, recursive: true);
        AssertNoErrors();
    }

    /// <summary>A new host whose rosters come from a hook of its own, with these settings besides.</summary>
    internal async Task<Tenant> TenantAsync(object? settings = null, string? domain = null, string path = "/contacts/%s")
    {
        var hook = await HookServer.StartAsync();
        var tenant = new Tenant(this, domain ?? $"h{Interlocked.Increment(ref _hosts)}.example", hook);
        _tenants.Add(tenant);
        await PutHostAsync(tenant.Domain, hook.Url + path, settings);
        return tenant;
    }

    internal async Task PutHostAsync(string domain, string? rosterUrl, object? settings = null)
    {
        var document = JsonSerializer.SerializeToNode(settings ?? new { })!.AsObject();
        document["c2s_require_encryption"] = false;
        document["allow_unencrypted_plain_auth"] = true;
        var limits = document["limits"] as JsonObject ?? [];
        document.Remove("limits");
        foreach (var limit in (string[])["stanzas_per_second", "bytes_per_second", "hook_calls_per_second"])
        {
            limits[limit] ??= 0;
        }

        document["limits"] = limits;
        if (rosterUrl is not null)
        {
            document["http_roster_url"] = rosterUrl;
        }

        using var answer = await Provider.PutAsync($"/api/v1/hosts/{domain}", Json(document.ToJsonString()));
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    internal async Task AccountAsync(string domain, string localpart)
    {
        var body = new JsonObject { ["scram"] = Scram() }.ToJsonString();

        if (localpart is "." or "..")
        {
            // No URL can name it: to HTTP this is a dot segment, encoded or not (RFC 3986 §6.2.2).
            await Services.GetRequiredService<IGrainFactory>().Account(Jid.Parse($"{localpart}@{domain}")).PutAsync([Keys]);
            return;
        }

        using var answer = await Provider.PutAsync($"/api/v1/hosts/{domain}/accounts/{Uri.EscapeDataString(localpart)}", Json(body));
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    internal async Task<string> KeyAsync(string domain, params string[] scopes)
    {
        using var answer = await Provider.PostAsync($"/api/v1/hosts/{domain}/keys", Json(JsonSerializer.Serialize(new { name = "test", scopes })));
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return (await JsonNode.ParseAsync(await answer.Content.ReadAsStreamAsync()))!["key"]!.GetValue<string>();
    }

    /// <summary>What is logged as an error is always a bug.</summary>
    internal void AssertNoErrors() => Assert.Empty(_errors.Take());

    internal static StringContent Json(string body) => new(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));

    private async Task StopAsync()
    {
        Provider.Dispose();
        Stranger.Dispose();
        await _app!.StopAsync();
        await _app.DisposeAsync();
    }

    private static JsonObject Scram() => new()
    {
        [ScramKeys.MechanismName(Keys.Hash)] = new JsonObject
        {
            ["salt"] = Convert.ToBase64String(Keys.Salt.Span),
            ["iterations"] = Keys.Iterations,
            ["stored_key"] = Convert.ToBase64String(Keys.StoredKey.Span),
            ["server_key"] = Convert.ToBase64String(Keys.ServerKey.Span),
        },
    };
}
