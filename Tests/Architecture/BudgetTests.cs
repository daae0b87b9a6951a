using System.Text;
using System.Text.Json.Nodes;
using Krewe.Frontend.Iq;
using Krewe.Frontend.Routing;
using Krewe.Frontend.Streams;
using Krewe.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Tests.Architecture;

/// <summary>
/// What one chat message between two streams of one process may cost: bytes to collect, and calls of grains. Counts, not times: a build on a slow machine comes to the
/// same numbers.
/// </summary>
public sealed class BudgetTests : IAsyncLifetime
{
    private const string Domain = "budget.example";
    private const int Messages = 1000;

    /// <summary>The copy of the stanza that is stamped, and nothing of weight beside it.</summary>
    private const int BytesBeyondTheStanzaMax = 256;

    private KreweServer _server = null!;
    private CountingGrainFactory _grains = null!;
    private C2SServices _services = null!;

    public Task InitializeAsync() => StartAsync(useLocalPath: true);

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("juliet@budget.example/balcony", "chat")]
    [InlineData("juliet@budget.example", "chat")]
    [InlineData("juliet@budget.example/balcony", "normal")]
    public async Task Message_OnTheLocalPath_CallsNoGrain_AndAllocatesLittle(string to, string type)
    {
        await using var romeo = await OnlineAsync("romeo", "orchard");
        await using var juliet = await OnlineAsync("juliet", "balcony");
        var message = Message(to, type);
        await WarmUpAsync(romeo, juliet, message);

        var calls = _grains.Count;
        var before = GC.GetAllocatedBytesForCurrentThread();
        var received = Run(romeo, juliet, message);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        // All of it was done on this thread, before each send returned; so this thread has paid for all of it.
        Assert.InRange(received, Messages * (long)message.Length, Messages * (message.Length + 64L));
        Assert.Equal(calls, _grains.Count);
        Assert.InRange(allocated / Messages, message.Length, message.Length + BytesBeyondTheStanzaMax);
    }

    [Fact]
    public async Task Message_ToSeveralResources_IsStampedOnce()
    {
        await using var romeo = await OnlineAsync("romeo", "orchard");
        await using var balcony = await OnlineAsync("juliet", "balcony");
        await using var garden = await OnlineAsync("juliet", "garden");
        var message = Message("juliet@budget.example", "chat");
        await WarmUpAsync(romeo, balcony, message);
        garden.Discard();

        var calls = _grains.Count;
        var before = GC.GetAllocatedBytesForCurrentThread();
        var received = Run(romeo, balcony, message);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(received, garden.Discard());
        Assert.Equal(calls, _grains.Count);
        Assert.InRange(allocated / Messages, message.Length, message.Length + BytesBeyondTheStanzaMax);
    }

    [Fact]
    public async Task Message_ByTheGrains_IsOneCall()
    {
        await _server.DisposeAsync();
        await StartAsync(useLocalPath: false);
        await using var romeo = await OnlineAsync("romeo", "orchard");
        await using var juliet = await OnlineAsync("juliet", "balcony");
        await romeo.SettleAsync();

        var calls = _grains.Count;
        for (var i = 0; i < 100; i++)
        {
            romeo.Send(Message("juliet@budget.example", "chat"));
            await juliet.UntilAsync("</message>");
        }

        Assert.Equal(100, _grains.Count - calls);
    }

    [Fact]
    public async Task Message_ToAResourceOfOneWhoIsAway_CallsNoGrain()
    {
        await using var romeo = await OnlineAsync("romeo", "orchard");
        await romeo.SettleAsync();
        var message = Message("juliet@budget.example/gone", "normal");

        // It is dropped, and nobody need be asked for that: users without a session are known here.
        var calls = _grains.Count;
        for (var i = 0; i < Messages; i++)
        {
            romeo.Send(message);
        }

        await romeo.SettleAsync();
        Assert.Equal(calls, _grains.Count);
    }

    private async Task StartAsync(bool useLocalPath)
    {
        _server = await KreweServer.StartAsync(useLocalPath);
        await _server.PutHostAsync(Domain, new JsonObject
        {
            ["c2s_require_encryption"] = false,
            ["allow_unencrypted_plain_auth"] = true,
            ["limits"] = new JsonObject { ["stanzas_per_second"] = 0, ["bytes_per_second"] = 0 },
        });
        await _server.PutAccountAsync(Domain, "romeo");
        await _server.PutAccountAsync(Domain, "juliet");

        // The streams' and the router's way to the grains is counted; everything else is the server's own.
        (var factory, _grains) = CountingGrainFactory.Create(_server.Services.GetRequiredService<IGrainFactory>());
        var offline = ActivatorUtilities.CreateInstance<OfflineDelivery>(_server.Services, factory);
        var presences = ActivatorUtilities.CreateInstance<PresenceRouter>(_server.Services, factory);
        var iqs = ActivatorUtilities.CreateInstance<IqRouter>(_server.Services, factory);
        var messages = ActivatorUtilities.CreateInstance<UserMessages>(_server.Services, factory, offline);
        var router = ActivatorUtilities.CreateInstance<StanzaRouter>(_server.Services, iqs, presences, messages);
        _services = ActivatorUtilities.CreateInstance<C2SServices>(_server.Services, factory, router, offline, presences);
    }

    private async Task<MemoryConnection> OnlineAsync(string localpart, string resource)
    {
        var connection = new MemoryConnection();
        connection.Accept(_services);
        await connection.LogInAsync(localpart, Domain, resource);
        await connection.BecomeAvailableAsync();
        return connection;
    }

    /// <summary>Runs all that is measured once before, with the sender's read loop where it waits for its bytes.</summary>
    private static async Task WarmUpAsync(MemoryConnection sender, MemoryConnection receiver, byte[] message)
    {
        await sender.SettleAsync();
        sender.Send(message);
        await receiver.UntilAsync("</message>");
        await sender.SettleAsync();
        Run(sender, receiver, message);
    }

    private static long Run(MemoryConnection sender, MemoryConnection receiver, byte[] message)
    {
        long received = 0;
        for (var i = 0; i < Messages; i++)
        {
            sender.Send(message);
            received += receiver.Discard();
        }

        return received;
    }

    private static byte[] Message(string to, string type) => Encoding.UTF8.GetBytes(
        $"<message to='{to}' type='{type}' id='ktx72v49'><body>Art thou not Romeo, and a Montague? {new string('x', 100)}</body></message>");
}
