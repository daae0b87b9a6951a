using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Components;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Rosters;
using Krewe.Contracts.Sessions;
using Krewe.Tests.Grains.Sessions;
using Krewe.Tests.Support;

namespace Krewe.Tests.Grains;

/// <summary>XEP-0356 §4.4: changes to rosters that components are told of where they are made, whoever else carries them.</summary>
public sealed class PrivilegedRosterTests(RosterSilo silo) : IClassFixture<RosterSilo>
{
    private static readonly Jid Juliet = Jid.Parse("juliet@x.example");
    private static readonly Jid Nurse = Jid.Parse("nurse@x.example");

    private readonly RecordingSink _sink = new();
    private long _connections;

    [Fact]
    public async Task Sets_AreToldOnce_InOrder_InTheVersionThatTheyMade()
    {
        var host = Grant(silo.AddHost(), PrivilegeAccess.Get);
        await ConnectAsync(host);

        var first = await silo.Roster(host).SetAsync(new(Juliet, false, "J", []));
        var second = await silo.Roster(host).SetAsync(new(Nurse, false, null, []));
        var third = await silo.Roster(host).SetAsync(new(Juliet, true, null, []));

        Assert.Equal(
            [$"pubsub: push romeo {Version(first)} juliet none", $"pubsub: push romeo {Version(second)} nurse none", $"pubsub: push romeo {Version(third)} juliet removed"],
            await TakeAsync(3));
    }

    [Fact]
    public async Task Fetches_ThatFindChanges_AreTold_ButNotTheFirst()
    {
        await using var hook = await HookServer.StartAsync();
        hook.Answers("""{"juliet@x.example":{},"nurse@x.example":{}}""");
        var host = Grant(silo.AddHost(hook), PrivilegeAccess.Both);
        await ConnectAsync(host);
        var roster = silo.Roster(host);
        await roster.GetAsync(silo.Time.GetUtcNow());

        hook.Answers("""{"juliet@x.example":{"subscription":"to"}}""");
        var fetched = await Task.WhenAll(roster.RevalidateAsync(), roster.RevalidateAsync(), roster.AwaitFetchAsync());

        var changes = fetched[0].Changes!;
        Assert.Equal(
            [$"pubsub: push romeo {changes.Changes[0].Version} juliet to", $"pubsub: push romeo {changes.Changes[1].Version} nurse removed"], await TakeAsync(2));
        await roster.RevalidateAsync();
        var last = await silo.Roster(host, "last").RevalidateAsync();
        Assert.NotEmpty(last.Changes!.Changes);
        Assert.Empty(_sink.Take());
    }

    [Theory]
    [InlineData(PrivilegeAccess.None)]
    [InlineData(PrivilegeAccess.Set)]
    public async Task Component_WithoutTheRightToRead_IsNotTold(PrivilegeAccess access)
    {
        var host = Grant(silo.AddHost(), access);
        await ConnectAsync(host);

        await silo.Roster(host).SetAsync(new(Juliet, false, "J", []));

        await NothingAsync(host);
    }

    [Fact]
    public async Task Component_OfTheFirstGeneration_IsNotTold_NorOfARosterThatADelegateKeeps()
    {
        var host = Grant(silo.AddHost(), PrivilegeAccess.Get, generation: 1);
        await ConnectAsync(host);
        await silo.Roster(host).SetAsync(new(Juliet, false, "J", []));
        await NothingAsync(host);

        host = Grant(silo.AddHost(), PrivilegeAccess.Get);
        silo.Hosts.Set(host with { Delegations = [new DelegationGrant { Namespace = "jabber:iq:roster", Entity = Jid.Parse("rosters.example") }] });
        await ConnectAsync(host);
        await silo.Roster(host).SetAsync(new(Juliet, false, "J", []));
        await NothingAsync(host);
    }

    private static string Version(RosterUpdate update) => Assert.Single(update.Changes!.Changes).Version;

    private HostSettings Grant(HostSettings host, PrivilegeAccess roster, int generation = 2)
    {
        var pubsub = $"pubsub.{host.Domain}";
        host = host with
        {
            Components = ImmutableDictionary<string, ComponentSettings>.Empty.Add(
                pubsub, new ExternalComponentSettings { Domain = pubsub, Secret = "secret", PrivilegeNs = generation }),
            PrivilegedEntities = ImmutableDictionary<string, EntityPrivileges>.Empty.Add(pubsub, new EntityPrivileges { Roster = roster, MayMessage = true }),
        };
        silo.Hosts.Set(host);
        return host;
    }

    private Task ConnectAsync(HostSettings host)
    {
        _sink.Name(++_connections, "pubsub");
        var frontend = new FrontendRef($"frontend-{Guid.NewGuid():N}", silo.Grains.CreateObjectReference<IFrontendSink>(_sink));
        return silo.Grains.Component($"pubsub.{host.Domain}").ConnectAsync(new ComponentConnection(frontend, _connections), ComponentConflict.KickNew);
    }

    /// <summary>So many lines in the order of their coming.</summary>
    private async Task<IReadOnlyList<string>> TakeAsync(int count)
    {
        var lines = new List<string>();
        while (lines.Count < count)
        {
            lines.AddRange(await _sink.NextAsync());
        }

        return lines;
    }

    /// <summary>Proved by a change that is told to a component that may read, behind what might have been told before.</summary>
    private async Task NothingAsync(HostSettings host)
    {
        Grant(host with { Delegations = [] }, PrivilegeAccess.Get);
        var told = await silo.Roster(host).SetAsync(new(Nurse, false, null, []));
        Assert.Equal([$"pubsub: push romeo {Version(told)} nurse none"], await TakeAsync(1));
    }
}
