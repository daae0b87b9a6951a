using System.Text.Json.Nodes;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Iq;
using Krewe.Frontend.Muc;
using Krewe.Frontend.Routing;
using Krewe.Frontend.Streams;
using Krewe.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Tests.Unit.Muc;

/// <summary>IQs to rooms that take their time, on a stream that goes on.</summary>
public sealed class RoomRequestTests : IAsyncLifetime
{
    private const string Domain = "requests.example";
    private const string Room = $"cave@rooms.{Domain}";

    private readonly TaskCompletionSource<StanzaError?> _administered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<MucPresenceResult> _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private KreweServer _server = null!;
    private MemoryConnection _client = null!;

    public async Task InitializeAsync()
    {
        _server = await KreweServer.StartAsync();
        await _server.PutHostAsync(Domain, new JsonObject
        {
            ["c2s_require_encryption"] = false,
            ["allow_unencrypted_plain_auth"] = true,
            ["components"] = new JsonObject { [$"rooms.{Domain}"] = new JsonObject { ["type"] = "muc" } },
            ["limits"] = new JsonObject { ["stanzas_per_second"] = 0, ["bytes_per_second"] = 0 },
        });
        await _server.PutAccountAsync(Domain, "romeo");

        var (factory, rooms) = GrainFactoryDouble.Create(_server.Services.GetRequiredService<IGrainFactory>());
        rooms.With(_ => GrainDouble.Create<IMucRoomGrain>((method, _) => method switch
        {
            nameof(IMucRoomGrain.AdministerAsync) => _administered.Task,
            nameof(IMucRoomGrain.PresenceAsync) => _entered.Task,
            nameof(IMucRoomGrain.InfoAsync) => Task.FromResult<MucRoomInfo?>(null),
            nameof(IMucRoomGrain.ListAsync) => Task.FromException<MucListResult>(new TimeoutException()),
            _ => Task.CompletedTask,
        }));
        var handlers = new IqHandlers(_server.Services.GetServices<IIqHandler>().Select(handler => (IIqHandler)ActivatorUtilities.CreateInstance(_server.Services, handler.GetType(), Parameters(handler, factory))));
        var iqs = ActivatorUtilities.CreateInstance<IqRouter>(_server.Services, factory, handlers);
        var muc = ActivatorUtilities.CreateInstance<MucRouter>(_server.Services, factory, iqs);
        var router = ActivatorUtilities.CreateInstance<StanzaRouter>(_server.Services, iqs, muc);
        var services = ActivatorUtilities.CreateInstance<C2SServices>(_server.Services, router);
        _client = new MemoryConnection();
        _client.Accept(services);
        await _client.LogInAsync("romeo", Domain, "orchard");
    }

    public async Task DisposeAsync()
    {
        _administered.TrySetResult(null);
        _entered.TrySetResult(new MucPresenceResult(MucPresenceOutcome.Present, null, "Romeo"));
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task SlowRoom_HoldsUpNothingElse()
    {
        _client.Send(Kick("slow"));
        _client.Send(Discover("other"));
        await _client.UntilAsync("id='other'", "item-not-found");

        _administered.SetResult(StanzaError.NotAllowed);
        await _client.UntilAsync("id='slow'", "not-allowed");
    }

    [Fact]
    public async Task Requests_BeyondTheBound_AreRefused_UntilSomeAreDone()
    {
        for (var i = 0; i < RoomVisits.RequestsMax; i++)
        {
            _client.Send(Kick($"k{i}"));
        }

        _client.Send(Kick("toomany"));
        Assert.DoesNotContain("'result'", await _client.UntilAsync("id='toomany'", "resource-constraint"));

        _administered.SetResult(null);
        await _client.UntilAsync([.. Enumerable.Repeat("'result'", RoomVisits.RequestsMax)]);
        await _client.SettleAsync();
        _client.Send(Kick("again"));
        Assert.DoesNotContain("'error'", await _client.UntilAsync("id='again'"));
    }

    [Fact]
    public async Task Request_BehindAnEntry_WaitsForIt_AndDiscoveryDoesNot()
    {
        _administered.SetResult(StanzaError.NotAllowed);
        _client.Send($"<presence to='{Room}/Romeo'><x xmlns='http://jabber.org/protocol/muc'/></presence>");
        _client.Send(Kick("behind"));
        _client.Send(Discover("ahead"));
        Assert.DoesNotContain("id='behind'", await _client.UntilAsync("id='ahead'"));

        _entered.SetResult(new MucPresenceResult(MucPresenceOutcome.Present, null, "Romeo"));
        await _client.UntilAsync("id='behind'", "not-allowed");
    }

    [Fact]
    public async Task Room_ThatDoesNotAnswer_IsAnsweredFor()
    {
        _client.Send($"<iq type='get' id='list' to='{Room}'><query xmlns='http://jabber.org/protocol/muc#admin'><item role='visitor'/></query></iq>");

        await _client.UntilAsync("id='list'", "type='wait'", "internal-server-error");
        Assert.Empty(_server.Errors.Take());
    }

    private static object[] Parameters(IIqHandler handler, IGrainFactory factory) =>
        handler.GetType().GetConstructors().Single().GetParameters().Any(parameter => parameter.ParameterType == typeof(IGrainFactory)) ? [factory] : [];

    private static string Kick(string id) =>
        $"<iq type='set' id='{id}' to='{Room}'><query xmlns='http://jabber.org/protocol/muc#admin'><item nick='Paris' role='none'/></query></iq>";

    private static string Discover(string id) => $"<iq type='get' id='{id}' to='{Room}'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>";
}
