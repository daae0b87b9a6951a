using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Krewe.Tests.Grains.Semantics;

public sealed partial class GrainHostFixture
{
    private IHost? _host;

    public ValueTask DisposeAsync() => new(StopAsync());

    private async Task StartAsync(Action<ISiloBuilder> configure)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.UseOrleans(configure);
        _host = builder.Build();
        await _host.StartAsync();
        Grains = _host.Services.GetRequiredService<IClusterClient>();
    }

    private async Task StopAsync()
    {
        if (_host is not null)
        {
            await _host.StopAsync();
            _host.Dispose();
        }
    }
}
