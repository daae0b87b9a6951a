using System.Collections.Immutable;
using System.Text;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Components;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Tests.Grains.Sessions;

namespace Krewe.Tests.Grains.Components;

/// <summary>Specs 3.3: which connections a component has, and which of them serves a user, wherever they are.</summary>
public sealed class ComponentGrainTests : IClassFixture<SessionsSilo>
{
    private static int s_components;

    private readonly SessionsSilo _silo;
    private readonly IComponentGrain _grain;
    private readonly string _domain;
    private readonly List<(FrontendRef Frontend, RecordingSink Sink)> _frontends = [];

    public ComponentGrainTests(SessionsSilo silo)
    {
        _silo = silo;
        _domain = $"pubsub{Interlocked.Increment(ref s_components)}.example";
        _grain = silo.Grains.Component(_domain);
    }

    [Fact]
    public async Task KickNew_RefusesTheSecond_AndNamesTheFirst()
    {
        var (first, second) = (Connection("first"), Connection("second", frontend: 0));

        Assert.Equal((true, 0), Seen(await _grain.ConnectAsync(first, ComponentConflict.KickNew)));
        var refused = await _grain.ConnectAsync(second, ComponentConflict.KickNew);

        Assert.False(refused.IsAccepted);
        AssertAre([first], refused.Others);
        AssertAre([first], await _grain.ConnectionsAsync());
        Assert.Empty(_frontends[0].Sink.Take());
    }

    [Fact]
    public async Task KickNew_WithAFirstOfAnotherProcess_RefusesTheSecond_WhileTheFirstIsThere()
    {
        var (first, second) = (Connection("first"), Connection("second"));
        await _grain.ConnectAsync(first, ComponentConflict.KickNew);
        Assert.False((await _grain.ConnectAsync(second, ComponentConflict.KickNew)).IsAccepted);
        Assert.Equal(["first: probe"], _frontends[0].Sink.Take());

        _frontends[0].Sink.Lose(first.Session);
        Assert.Equal((true, 0), Seen(await _grain.ConnectAsync(second, ComponentConflict.KickNew)));

        AssertAre([second], await _grain.ConnectionsAsync());
    }

    [Fact]
    public async Task KickNew_WithAFirstOfALostProcess_AcceptsTheSecond()
    {
        var first = Connection("first");
        await _grain.ConnectAsync(first, ComponentConflict.KickNew);
        _frontends[0].Sink.Before = _ => throw new InvalidOperationException("the process is gone");

        Assert.Equal((true, 0), Seen(await _grain.ConnectAsync(Connection("second"), ComponentConflict.KickNew)));
    }

    [Fact]
    public async Task KickOld_EndsTheFirst_BeforeTheSecondIsAccepted()
    {
        var (first, second) = (Connection("first"), Connection("second"));
        await _grain.ConnectAsync(first, ComponentConflict.KickOld);

        var accepted = await _grain.ConnectAsync(second, ComponentConflict.KickOld);

        Assert.True(accepted.IsAccepted);
        AssertAre([first], accepted.Others);
        Assert.Equal(["first: end Conflict"], _frontends[0].Sink.Take());
        AssertAre([second], await _grain.ConnectionsAsync());

        // The first ends only now, and takes nothing with it.
        await _grain.DisconnectAsync(first);
        AssertAre([second], await _grain.ConnectionsAsync());
    }

    [Fact]
    public async Task Balance_AcceptsAll_UpToABound()
    {
        ComponentConnection[] connections = [.. Enumerable.Range(0, 16).Select(i => Connection($"c{i}", frontend: i / 8))];
        foreach (var connection in connections)
        {
            Assert.True((await _grain.ConnectAsync(connection, ComponentConflict.Balance)).IsAccepted);
        }

        AssertAre(connections, await _grain.ConnectionsAsync());
        var refused = await _grain.ConnectAsync(Connection("one too many"), ComponentConflict.Balance);
        Assert.Equal((false, 16), Seen(refused));
    }

    [Theory]
    [InlineData(ComponentConflict.KickNew)]
    [InlineData(ComponentConflict.KickOld)]
    [InlineData(ComponentConflict.Balance)]
    public async Task Connection_ThatIsTold_Twice_IsOne(ComponentConflict conflict)
    {
        var connection = Connection("first");
        await _grain.ConnectAsync(connection, conflict);

        Assert.Equal((true, 0), Seen(await _grain.ConnectAsync(connection, conflict)));

        AssertAre([connection], await _grain.ConnectionsAsync());
        Assert.Empty(_frontends[0].Sink.Take());
        await _grain.DisconnectAsync(connection);
        await _grain.DisconnectAsync(connection);
        Assert.Empty(await _grain.ConnectionsAsync());
    }

    [Fact]
    public async Task Stanza_GoesToTheConnectionOfItsSender()
    {
        ComponentConnection[] connections = [Connection("a"), Connection("b"), Connection("c", frontend: 0)];
        foreach (var connection in connections)
        {
            await _grain.ConnectAsync(connection, ComponentConflict.Balance);
        }

        for (var user = 0; user < 50; user++)
        {
            var stanza = Stanza($"user{user}@a.example/{user}");
            Assert.True(await _grain.DeliverAsync(new StanzaContent(stanza)));

            var weights = connections.Select(one => ComponentStickiness.Weight(
                ComponentStickiness.OfUser(stanza.From.Bare), ComponentStickiness.OfConnection(one.Frontend.Name, one.Session))).ToList();
            var expected = "abc"[weights.IndexOf(weights.Max())];
            Assert.Equal([$"{expected}: message #1"], _frontends.SelectMany(one => one.Sink.Take()));
        }
    }

    [Fact]
    public async Task Stanza_ForNobody_IsNotDelivered()
    {
        Assert.False(await _grain.DeliverAsync(new StanzaContent(Stanza("romeo@a.example/r"))));

        var connection = Connection("first");
        await _grain.ConnectAsync(connection, ComponentConflict.KickNew);
        _frontends[0].Sink.Lose(connection.Session);

        Assert.False(await _grain.DeliverAsync(new StanzaContent(Stanza("romeo@a.example/r"))));
        Assert.Empty(await _grain.ConnectionsAsync());
    }

    [Fact]
    public async Task Stanza_ForAConnectionThatIsGone_GoesToAnother()
    {
        ComponentConnection[] connections = [Connection("a"), Connection("b")];
        foreach (var connection in connections)
        {
            await _grain.ConnectAsync(connection, ComponentConflict.Balance);
        }

        _frontends[0].Sink.Lose(connections[0].Session);
        for (var user = 0; user < 20; user++)
        {
            Assert.True(await _grain.DeliverAsync(new StanzaContent(Stanza($"user{user}@a.example/r"))));
        }

        Assert.Equal(20, _frontends[1].Sink.Take().Count);
        AssertAre([connections[1]], await _grain.ConnectionsAsync());
    }

    private static (bool IsAccepted, int Others) Seen(ComponentAdmission admission) => (admission.IsAccepted, admission.Others.Length);

    private static void AssertAre(IEnumerable<ComponentConnection> expected, ImmutableArray<ComponentConnection> actual) =>
        Assert.Equal(expected.Select(one => (one.Frontend.Name, one.Session)), actual.Select(one => (one.Frontend.Name, one.Session)));

    /// <param name="frontend">One that is there, or none for a further one.</param>
    private ComponentConnection Connection(string name, int frontend = int.MaxValue)
    {
        if (frontend >= _frontends.Count)
        {
            var sink = new RecordingSink();
            _frontends.Add((new FrontendRef($"frontend-{Guid.NewGuid():N}", _silo.Grains.CreateObjectReference<IFrontendSink>(sink)), sink));
            frontend = _frontends.Count - 1;
        }

        var session = Random.Shared.NextInt64(1, 1_000_000_000);
        _frontends[frontend].Sink.Name(session, name);
        return new ComponentConnection(_frontends[frontend].Frontend, session);
    }

    private StanzaFrame Stanza(string from) => new(
        StanzaKind.Message, StanzaType.Normal, Jid.Parse(from), Jid.Parse(_domain), "1", Encoding.UTF8.GetBytes($"<message to='{_domain}' from='{from}' id='1'/>"), 14 + _domain.Length);
}
