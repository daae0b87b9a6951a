using Krewe.Contracts.Hosting;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Sessions;
using Krewe.Grains.Sessions;
using Krewe.Tests.Grains.Semantics;
using Krewe.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Tests.Grains.Sessions;

/// <summary>A grain host with what the sessions grains need; the frontends are the tests' own.</summary>
public sealed class SessionsSilo : IAsyncLifetime
{
    private GrainHostFixture _host = null!;

    internal IGrainFactory Grains => _host.Grains;

    internal LocalRoutes Routes { get; } = new(isEnabled: true);

    internal FakeHosts Hosts { get; } = new();

    internal LargeWork Large { get; } = new();

    public async Task InitializeAsync() => _host = await GrainHostFixture.CreateAsync(silo =>
    {
        silo.Services.AddSingleton(TimeProvider.System);
        silo.Services.AddSingleton<IHostSettingsSource>(Hosts);
        silo.Services.AddSingleton(Routes);
        silo.Services.AddSingleton<FrontendLanes>();
        silo.Services.AddSingleton(Large);
    });

    public async Task DisposeAsync() => await _host.DisposeAsync();
}
