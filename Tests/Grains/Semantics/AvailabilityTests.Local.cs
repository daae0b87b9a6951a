using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Krewe.Tests.Grains.Semantics;

/// <summary>A call before the start or after the stop of the silo is refused, not left waiting.</summary>
public sealed class AvailabilityTests
{
    [Fact]
    public async Task Call_OutsideOfTheSilosLife_IsRefused()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.UseOrleans(_ => { });
        using var host = builder.Build();
        var grain = host.Services.GetRequiredService<IGrainFactory>().GetGrain<ISemanticsGrain>($"availability-{Guid.NewGuid():N}");

        await Assert.ThrowsAsync<SiloUnavailableException>(grain.PassAsync);
        await host.StartAsync();
        Assert.Equal("passed", await grain.PassAsync());
        await host.StopAsync();
        await Assert.ThrowsAsync<SiloUnavailableException>(grain.PassAsync);
    }
}
