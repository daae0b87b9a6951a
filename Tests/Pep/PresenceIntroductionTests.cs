using System.Diagnostics;
using System.Text.Json.Nodes;
using Krewe.Frontend.Components;
using Krewe.Frontend.Privileges;
using Krewe.Tests.Defects;
using Krewe.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Tests.Pep;

/// <summary>A component that is told of many users at once (XEP-0356 §8) gets them as fast as it reads, and is not taken for one that reads too slowly.</summary>
public sealed class PresenceIntroductionTests(RunningKrewe krewe) : IClassFixture<RunningKrewe>
{
    private const string Domain = "many.pep.example";
    private const string Component = $"pubsub.{Domain}";

    // Together far more than may wait for a component, and sockets hold besides.
    private const int Users = 80;
    private const int PresenceBytes = 240_000;

    [Fact]
    public async Task Component_ThatIsToldOfMoreThanMayWait_GetsItAll()
    {
        Assert.True(Users * PresenceBytes > 2 * ComponentStream.WaitingBytesMax);
        var tenant = await krewe.TenantAsync(Settings(isGranted: false), Domain);
        var status = $"<status>{new string('x', PresenceBytes)}</status>";
        var clients = await Task.WhenAll(Enumerable.Range(0, Users).Select(async number =>
        {
            var client = await tenant.LoginAsync($"u{number}");
            await client.AvailableAsync(status);
            return client;
        }));
        // It reads nothing up to here, and from then on as fast as it can.
        await using var link = await ComponentLink.ConnectAsync(krewe.Component, Component);
        Assert.True(krewe.Services.GetRequiredService<ComponentTable>().TryPick(Component, "anybody", out var stream));
        await krewe.PutHostAsync(Domain, tenant.Hook.Url + "/contacts/%s", Settings(isGranted: true));
        var patience = Stopwatch.StartNew();
        while (stream.Queue.WaitingBytes <= PresenceIntroduction.WaitingBytesMax)
        {
            Assert.True(patience.Elapsed < Timeouts.Test, "nothing waits");
            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }

        // All the others could be behind it by now.
        foreach (var client in clients)
        {
            await client.AssertAliveAsync();
        }

        Assert.True(stream.IsOpen);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        link.Begin(stanza =>
        {
            if (stanza.Name.LocalName == "presence" && seen.Add((string)stanza.Attribute("from")!) && seen.Count == Users)
            {
                all.SetResult();
            }
        });
        await all.Task.WaitAsync(Timeouts.Test);
    }

    private static JsonObject Settings(bool isGranted)
    {
        var settings = new JsonObject { ["components"] = new JsonObject { [Component] = new JsonObject { ["type"] = "external", ["component_secret"] = PepNames.Secret } } };
        if (isGranted)
        {
            settings["privileged_entities"] = PepGrants.Privileges(Component, "managed_entity");
        }

        return settings;
    }
}
