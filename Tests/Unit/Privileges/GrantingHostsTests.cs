using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Entities;
using Krewe.Tests.Support;

namespace Krewe.Tests.Unit.Privileges;

/// <summary>XEP-0355 §4.1, XEP-0356 §4.1: which hosts give a component something, as they come, change and go.</summary>
public sealed class GrantingHostsTests
{
    private const string Pubsub = "pubsub.verona.example";

    private static readonly ExternalComponentSettings Component = new() { Domain = Pubsub, Secret = "secret" };

    private static readonly HostSettings Verona = HostSettings.Default("verona.example") with
    {
        Components = ImmutableDictionary<string, ComponentSettings>.Empty.Add(Pubsub, Component),
        PrivilegedEntities = Privileges(Pubsub),
    };

    private readonly FakeHosts _hosts = new();

    [Fact]
    public void Hosts_ThatAreLoadedBeforeAndAfter_AreFound_TheOwnFirst()
    {
        _hosts.Set(Verona);
        _hosts.Set(Host("mantua.example", Pubsub));
        var granting = new GrantingHosts(_hosts);
        _hosts.Set(Host("athens.example", Pubsub));
        _hosts.Set(HostSettings.Default("zante.example") with { Delegations = [new DelegationGrant { Namespace = "urn:a", Entity = Jid.Parse(Pubsub) }] });
        _hosts.Set(Host("other.example", "other.verona.example"));
        _hosts.Set(Host("users.example", $"bot@{Pubsub}"));

        Assert.Equal(["verona.example", "athens.example", "mantua.example", "zante.example"], Of(granting));
    }

    [Fact]
    public void Changes_AreToldToWhoIsNamed_OrWas_AndToTheHostsOwnComponents()
    {
        var granting = new GrantingHosts(_hosts);
        var told = new List<(string Component, string Host)>();
        granting.Changed += (component, host) => told.Add((component, host));

        _hosts.Set(Host("mantua.example", "other.example"));
        Assert.Equal([("other.example", "mantua.example")], told.Distinct());
        told.Clear();
        _hosts.Set(Host("mantua.example", Pubsub));
        Assert.Equal([("other.example", "mantua.example"), (Pubsub, "mantua.example")], told.Order());
        told.Clear();
        _hosts.Set(Verona with { PrivilegedEntities = ImmutableDictionary<string, EntityPrivileges>.Empty });
        Assert.Equal([(Pubsub, "verona.example")], told.Distinct());
        Assert.Equal(["mantua.example"], Of(granting));
    }

    [Fact]
    public void Users_AreNamedByTheirBareJid_WhateverResourceIsMeant_UntilNobodyNamesThem()
    {
        const string Bot = "bot@verona.example";
        var granting = new GrantingHosts(_hosts);
        _hosts.Set(Host("mantua.example", $"{Bot}/one"));
        _hosts.Set(HostSettings.Default("zante.example") with { Delegations = [new DelegationGrant { Namespace = "urn:a", Entity = Jid.Parse($"{Bot}/two") }] });
        _hosts.Set(Host("users.example", $"{Bot}any"));

        Assert.True(granting.IsNamed(Bot));
        Assert.False(granting.IsNamed($"{Bot}/one"));
        Assert.Equal(["mantua.example", "zante.example"], granting.Of(Bot, "verona.example").Select(host => host.Domain));
        _hosts.Set(HostSettings.Default("mantua.example"));
        Assert.True(granting.IsNamed(Bot));
        _hosts.Set(HostSettings.Default("zante.example"));
        Assert.False(granting.IsNamed(Bot));
        Assert.Empty(granting.Of(Bot, "verona.example"));
    }

    [Fact]
    public void Changes_OfTheHostThatAUserBelongsTo_AreToldOfThatUser()
    {
        var granting = new GrantingHosts(_hosts);
        _hosts.Set(Host("mantua.example", "bot@padua.example/one"));
        var told = new List<(string Entity, string Host)>();
        granting.Changed += (entity, host) => told.Add((entity, host));

        _hosts.Set(HostSettings.Default("padua.example") with { Isolate = true });
        Assert.Equal([("bot@padua.example", "padua.example")], told.Distinct());
        told.Clear();
        _hosts.Set(HostSettings.Default("mantua.example"));
        _hosts.Set(HostSettings.Default("padua.example"));
        Assert.Equal([("bot@padua.example", "mantua.example")], told.Distinct());
    }

    [Fact]
    public void Hosts_OutOfReach_GrantNothing()
    {
        var granting = new GrantingHosts(_hosts);
        _hosts.Set(Verona);
        _hosts.Set(Host("mantua.example", Pubsub) with { Isolate = true });
        _hosts.Set(Host("padua.example", Pubsub) with { Enabled = false });

        Assert.Equal(["verona.example"], Of(granting));
        Assert.Equal(["verona.example", "mantua.example", "padua.example"], granting.Of(Pubsub, "verona.example").Select(host => host.Domain));
        Assert.Null(granting.Find(Pubsub, Owner, "mantua.example"));
        Assert.Null(granting.Find(Pubsub, Owner, "nowhere.example"));
        Assert.Same(Verona, granting.Find(Pubsub, Owner, "verona.example"));
    }

    private static HostedDomain Owner => new(Verona, Component);

    private static string[] Of(GrantingHosts granting) => [.. granting.Of(Pubsub, Owner).Select(host => host.Domain)];

    private static HostSettings Host(string domain, string entity) => HostSettings.Default(domain) with { PrivilegedEntities = Privileges(entity) };

    private static ImmutableDictionary<string, EntityPrivileges> Privileges(string entity) =>
        ImmutableDictionary<string, EntityPrivileges>.Empty.Add(entity, new EntityPrivileges { MayMessage = true });
}
