using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Krewe.Contracts.Components;
using Krewe.Contracts.Hosting;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Rosters;
using Krewe.Contracts.Sessions;
using Krewe.Frontend.Components;
using Krewe.Frontend.Delegation;
using Krewe.Frontend.Delegation.ClientMode;
using Krewe.Frontend.Delivery;
using Krewe.Frontend.Entities;
using Krewe.Frontend.Http;
using Krewe.Frontend.Sasl;
using Krewe.Grains.Audit;
using Krewe.Grains.Hosts;
using Krewe.Tests.Grains.Storage;
using Krewe.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Tests.Http;

/// <summary>
/// The API on a real listener with the real host and account grains and their storage. Sessions, rosters and rooms are doubles: what they are asked is noted.
/// Tests share it, each with hosts of its own.
/// </summary>
public sealed class ApiFixture : IAsyncLifetime
{
    internal const string ProviderToken = "provider-token-of-the-tests";

    private readonly DataFolder _folder = new();
    private StorageSilo _silo = null!;
    private WebApplication _app = null!;
    private int _hosts;
    private int _addresses;

    internal HttpClient Client { get; private set; } = null!;

    internal string HostsFolder => Path.Combine(_folder.Path, "hosts");

    internal IHostSettingsSource Settings => _silo.Services.GetRequiredService<IHostSettingsSource>();

    internal IGrainFactory Grains => _silo.Grains;

    internal HostFilesWatcher Watcher => _silo.Services.GetRequiredService<HostFilesWatcher>();

    /// <summary>The API's own.</summary>
    internal IServiceProvider Services => _app.Services;

    internal IServiceProvider SiloServices => _silo.Services;

    internal Readiness Readiness => _app.Services.GetRequiredService<Readiness>();

    /// <summary>What sessions grains were told to end, in order.</summary>
    internal ConcurrentQueue<(string User, string? Resource, StreamEnd Condition)> Ended { get; } = new();

    internal ConcurrentQueue<string> ClearedRosters { get; } = new();

    /// <summary>Whose rosters cannot be cleared.</summary>
    internal ConcurrentDictionary<string, bool> StuckRosters { get; } = new();

    internal ConcurrentDictionary<string, RosterStatus> Rosters { get; } = new();

    internal FakeRooms Rooms { get; private set; } = null!;

    internal ConcurrentDictionary<string, ImmutableArray<SessionListing>> Sessions { get; } = new();

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(HostsFolder);
        var options = _folder.Options with { AdminToken = ProviderToken, HostsFolder = HostsFolder, TrustedProxies = [IPNetwork.Parse("127.0.0.0/8")] };
        _silo = await StorageSilo.StartAsync(options, services => services
            .AddKreweHostFiles(options)
            .AddKreweAudit(options)
            .AddSingleton<IHostSettingsSource, HostSettingsCache>());
        _app = await StartApiAsync(options);
        Client = new HttpClient(new SocketsHttpHandler { UseProxy = false })
        {
            BaseAddress = new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()),
        };
    }

    public async Task DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
        await _silo.DisposeAsync();
        _folder.Dispose();
    }

    internal string NewDomain() => $"host{Interlocked.Increment(ref _hosts)}.example";

    /// <summary>An address that no other test comes from.</summary>
    internal string NewAddress()
    {
        var number = Interlocked.Increment(ref _addresses);
        return $"198.18.{number / 250}.{number % 250}";
    }

    /// <summary>A host of the test's own, made with a document.</summary>
    internal Task<string> NewHostAsync(string document = "{}") => NewHostAsync(NewDomain(), document);

    internal async Task<string> NewHostAsync(string domain, string document)
    {
        using var answer = await SendAsync(HttpMethod.Put, $"/api/v1/hosts/{domain}", document);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return domain;
    }

    /// <summary>A key of a host.</summary>
    internal async Task<string> NewKeyAsync(string domain, params string[] scopes)
    {
        var body = new JsonObject { ["name"] = "test", ["scopes"] = new JsonArray([.. scopes.Select(scope => (JsonNode)scope)]) };
        var made = await JsonAsync(HttpMethod.Post, $"/api/v1/hosts/{domain}/keys", body.ToJsonString());
        return (string)made["key"]!;
    }

    internal async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, string? body = null, string? token = ProviderToken, string? ifMatch = null, string? ifNoneMatch = null, string? from = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        if (from is not null)
        {
            // Another client, behind a proxy that is trusted.
            request.Headers.Add("X-Forwarded-For", from);
        }

        if (ifMatch is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        }

        if (ifNoneMatch is not null)
        {
            request.Headers.TryAddWithoutValidation("If-None-Match", ifNoneMatch);
        }

        return await Client.SendAsync(request);
    }

    internal async Task<JsonNode> JsonAsync(HttpMethod method, string path, string? body = null, string? token = ProviderToken)
    {
        using var answer = await SendAsync(method, path, body, token);
        Assert.True(answer.IsSuccessStatusCode, $"{method} {path} is {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
    }

    internal Task<JsonNode> GetAsync(string path, string? token = ProviderToken) => JsonAsync(HttpMethod.Get, path, null, token);

    /// <summary>A problem document of a status; the paths of its errors.</summary>
    internal static async Task<string[]> AssertProblemAsync(HttpResponseMessage answer, HttpStatusCode status)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == status, $"{(int)answer.StatusCode} instead of {(int)status}: {text}");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        var problem = JsonNode.Parse(text)!;
        Assert.Equal((int)status, (int)problem["status"]!);
        Assert.NotEmpty((string)problem["title"]!);
        return [.. problem["errors"]?.AsArray().Select(error => (string)error!["path"]!) ?? []];
    }

    private async Task<WebApplication> StartApiAsync(KreweOptions options)
    {
        var (grains, grainDouble) = GrainFactoryDouble.Create(_silo.Grains);
        grainDouble.With(user => GrainDouble.Create<IUserSessionsGrain>((_, arguments) =>
        {
            Ended.Enqueue((user, (string?)arguments[0], (StreamEnd)arguments[1]!));
            return Task.FromResult((string?)arguments[0] != "gone");
        }));
        grainDouble.With(user => GrainDouble.Create<IRosterGrain>((method, _) =>
        {
            if (method == nameof(IRosterGrain.StatusAsync))
            {
                return Task.FromResult(Rosters.GetValueOrDefault(user) ?? new RosterStatus(null, null, false, null, null, []));
            }

            if (StuckRosters.ContainsKey(user))
            {
                return Task.FromException(new TimeoutException("stuck"));
            }

            ClearedRosters.Enqueue(user);
            return Task.CompletedTask;
        }));

        // No component is ever connected.
        grainDouble.With(_ => GrainDouble.Create<IComponentGrain>((_, _) => Task.FromResult(ImmutableArray<ComponentConnection>.Empty)));
        Rooms = new FakeRooms(grainDouble);

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(grains);
        builder.Services.AddSingleton(Settings);
        builder.Services.AddSingleton(new Readiness("Test"));
        builder.Services.AddSingleton<ComponentTable>().AddSingleton<GrantingHosts>().AddSingleton<DelegationAdvertiser>().AddSingleton<Delegates>();
        builder.Services.AddSingleton<UserEntities>().AddSingleton(new LocalRoutes(isEnabled: true));
        builder.Services.AddSingleton<ISessionDirectory>(new SessionListings(Sessions));
        builder.Services.AddSingleton<SessionTable>();
        builder.Services.AddSingleton(new JwtKeyFiles(options, TimeProvider.System, NullLogger<JwtKeyFiles>.Instance));
        builder.Services.AddSingleton<ClientGrants>();
        builder.Services.AddKreweApi();
        var app = builder.Build();
        app.MapKreweApi();
        await app.StartAsync();
        return app;
    }

    private sealed class SessionListings(ConcurrentDictionary<string, ImmutableArray<SessionListing>> sessions) : ISessionDirectory
    {
        public ImmutableArray<SessionListing> List(string domain) => sessions.GetValueOrDefault(domain, []);
    }
}

[CollectionDefinition(Name)]
public sealed class ApiCollection : ICollectionFixture<ApiFixture>
{
    public const string Name = "api";
}
