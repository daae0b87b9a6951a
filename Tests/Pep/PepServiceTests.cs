using System.Xml.Linq;
using Krewe.Tests.Defects;

namespace Krewe.Tests.Pep;

/// <summary>An external PEP service beyond one host's quiet day: contacts elsewhere, two tenants, rosters that change, and the service's end.</summary>
public sealed class PepServiceTests(RunningKrewe krewe) : IClassFixture<RunningKrewe>
{
    /// <summary>An item that fills most of a stanza.</summary>
    private const int LargeItem = 180_000;

    [Fact]
    public async Task Contacts_OfAnotherTenant_AreToldAndFetch_AndStrangersAreNot()
    {
        var verona = await PepTenant.CreateAsync(krewe, "verona.pep1.example");
        var elsinore = await PepTenant.CreateAsync(krewe, "elsinore.pep1.example");
        verona.Lists("romeo", elsinore.Jid("hamlet"));
        elsinore.Lists("hamlet", verona.Jid("romeo"));
        elsinore.Lists("ophelia");
        await using var service = await verona.ServeAsync();
        var romeo = await verona.FollowAsync("romeo");
        var hamlet = await elsinore.FollowAsync("hamlet");
        var ophelia = await elsinore.FollowAsync("ophelia");
        await service.Audience.WhenPresentAsync(romeo.Full);
        var text = new string('x', LargeItem);
        await PepTenant.PublishAsync(romeo, "first", text);
        Assert.Equal("first", await PepTenant.ToldAsync(hamlet, romeo.Bare));
        Assert.Equal(1, service.Audience.AskedByPrivilege);

        var fetched = await PepTenant.FetchAsync(hamlet, romeo.Bare);
        Assert.Equal((romeo.Bare, "result", text), ((string?)fetched.Attribute("from"), (string?)fetched.Attribute("type"), fetched.Value));
        var refused = await PepTenant.FetchAsync(ophelia, romeo.Bare);
        Assert.Equal(("not-authorized", romeo.Bare), (XmppClient.Condition(refused), (string?)refused.Attribute("from")));

        await elsinore.Application.LogoutAsync(hamlet);
        hamlet = await elsinore.FollowAsync("hamlet");
        Assert.Equal("first", await PepTenant.ToldAsync(hamlet, romeo.Bare));
        await PepTenant.PublishAsync(romeo, "second");
        Assert.Equal("second", await PepTenant.ToldAsync(hamlet, romeo.Bare));
        await romeo.FenceAsync(ophelia);
        Assert.Empty(PepTenant.Unasked(ophelia));
        AssertSound(service);
    }

    [Fact]
    public async Task Services_OfTwoTenants_ForOneNamespace_HaveEachItsOwnUsers()
    {
        var verona = await PepTenant.CreateAsync(krewe, "verona.pep2.example");
        var elsinore = await PepTenant.CreateAsync(krewe, "elsinore.pep2.example");
        verona.Lists("romeo", verona.Jid("juliet"));
        verona.Lists("juliet", verona.Jid("romeo"), elsinore.Jid("ophelia"));
        elsinore.Lists("hamlet", elsinore.Jid("ophelia"));
        elsinore.Lists("ophelia", elsinore.Jid("hamlet"), verona.Jid("juliet"));
        await using var veronas = await verona.ServeAsync();
        await using var elsinores = await elsinore.ServeAsync();
        var (romeo, juliet) = (await verona.FollowAsync("romeo"), await verona.FollowAsync("juliet"));
        var (hamlet, ophelia) = (await elsinore.FollowAsync("hamlet"), await elsinore.FollowAsync("ophelia"));
        await veronas.Audience.WhenPresentAsync(romeo.Full, juliet.Full);
        await elsinores.Audience.WhenPresentAsync(hamlet.Full, ophelia.Full);

        await Task.WhenAll(PepTenant.PublishAsync(romeo, "same", "Verona"), PepTenant.PublishAsync(hamlet, "same", "Elsinore"));
        Assert.Equal("same", await PepTenant.ToldAsync(juliet, romeo.Bare));
        Assert.Equal("same", await PepTenant.ToldAsync(ophelia, hamlet.Bare));
        Assert.Equal("same", await PepTenant.ToldAsync(romeo, romeo.Bare));
        Assert.Equal("same", await PepTenant.ToldAsync(hamlet, hamlet.Bare));
        Assert.Equal("Verona", (await PepTenant.FetchAsync(juliet, romeo.Bare)).Value);
        Assert.Equal("Elsinore", (await PepTenant.FetchAsync(ophelia, hamlet.Bare)).Value);

        // Neither is asked for the other's users, or speaks for them.
        Assert.All(veronas.Requests, request => Assert.Equal(verona.Domain, PepNames.DomainOf((string?)request.Attribute("to") ?? (string)request.Attribute("from")!)));
        Assert.All(elsinores.Requests, request => Assert.Equal(elsinore.Domain, PepNames.DomainOf((string?)request.Attribute("to") ?? (string)request.Attribute("from")!)));
        AssertSound(veronas);
        AssertSound(elsinores);
        Assert.Equal("forbidden", XmppClient.Condition(await veronas.SpeakAsync(verona.Domain, hamlet.Bare, ophelia.Full)));
        Assert.Equal("remote-server-not-found", XmppClient.Condition(await veronas.SpeakAsync(elsinore.Domain, hamlet.Bare, ophelia.Full)));
        await hamlet.FenceAsync(ophelia);
        foreach (var client in (XmppClient[])[romeo, juliet, hamlet, ophelia])
        {
            Assert.Empty(PepTenant.Unasked(client));
        }
    }

    [Fact]
    public async Task Contacts_OnAnotherHostOfTheTenant_AreAskedAndTold()
    {
        var verona = await PepTenant.CreateAsync(krewe, "verona.pep3.example", "montague");
        var mantua = new PepTenant(krewe, await krewe.TenantAsync(new { tenant = "montague" }, "mantua.pep3.example"), new PepNodes());
        verona.Lists("romeo", mantua.Jid("apothecary"));
        mantua.Lists("apothecary", verona.Jid("romeo"));
        await using var service = await verona.ServeAsync();
        var romeo = await verona.FollowAsync("romeo");
        var apothecary = await mantua.FollowAsync("apothecary");
        await service.Audience.WhenPresentAsync(romeo.Full, apothecary.Full);

        await PepTenant.PublishAsync(romeo, "vial");
        Assert.Equal("vial", await PepTenant.ToldAsync(apothecary, romeo.Bare));
        Assert.Equal("result", (string?)(await PepTenant.FetchAsync(apothecary, romeo.Bare)).Attribute("type"));
        Assert.Equal(0, service.Audience.AskedByPrivilege);
        AssertSound(service);
    }

    [Fact]
    public async Task Roster_ThatChanges_ChangesWhoIsTold()
    {
        var verona = await PepTenant.CreateAsync(krewe, "verona.pep4.example");
        verona.Lists("romeo", verona.Jid("juliet"));
        verona.Lists("juliet", verona.Jid("romeo"));
        verona.ListsOnly("nurse", verona.Jid("romeo"), "to");
        await using var service = await verona.ServeAsync();
        var (romeo, juliet, nurse) = (await verona.FollowAsync("romeo"), await verona.FollowAsync("juliet"), await verona.FollowAsync("nurse"));
        await service.Audience.WhenPresentAsync(romeo.Full, juliet.Full, nurse.Full);
        await PepTenant.PublishAsync(romeo, "first");
        Assert.Equal("first", await PepTenant.ToldAsync(juliet, romeo.Bare));
        Assert.Empty(PepTenant.Unasked(nurse));

        // One more, who learns what there is already; and one less.
        verona.ListsOnly("romeo", verona.Jid("nurse"), "from");
        Assert.Equal(1, (await verona.Application.RefreshAsync("romeo")).Updated);
        Assert.Equal("first", await PepTenant.ToldAsync(nurse, romeo.Bare));
        await PepTenant.PublishAsync(romeo, "second");
        Assert.Equal("second", await PepTenant.ToldAsync(nurse, romeo.Bare));
        Assert.Equal("not-authorized", XmppClient.Condition(await PepTenant.FetchAsync(juliet, romeo.Bare)));
        Assert.Empty(PepTenant.Unasked(juliet));
        AssertSound(service);
    }

    [Fact]
    public async Task Service_ThatEnds_LeavesNobodyWaiting_AndIsBackForAll()
    {
        var verona = await PepTenant.CreateAsync(krewe, "verona.pep5.example");
        verona.Lists("romeo", verona.Jid("juliet"));
        verona.Lists("juliet", verona.Jid("romeo"));
        var service = await verona.ServeAsync();
        var (romeo, juliet) = (await verona.FollowAsync("romeo"), await verona.FollowAsync("juliet"));
        await service.Audience.WhenPresentAsync(romeo.Full, juliet.Full);
        await PepTenant.PublishAsync(romeo, "first");
        Assert.Equal("first", await PepTenant.ToldAsync(juliet, romeo.Bare));

        service.Hold();
        var waiting = PepTenant.FetchAsync(juliet, romeo.Bare);
        await service.HoldsAsync();
        service.Kill();
        Assert.Equal("service-unavailable", XmppClient.Condition(await waiting));
        Assert.Equal("service-unavailable", XmppClient.Condition(await PepTenant.FetchAsync(juliet, romeo.Bare)));
        await service.DisposeAsync();

        // Meanwhile one goes, and one comes.
        await verona.Application.LogoutAsync(romeo);
        var garden = await verona.FollowAsync("juliet", "garden");

        service = await verona.ServeAsync();
        Assert.Equal("first", await PepTenant.ToldAsync(juliet, verona.Jid("romeo")));
        Assert.Equal("first", await PepTenant.ToldAsync(garden, verona.Jid("romeo")));
        Assert.DoesNotContain(service.Audience.Present, jid => jid.StartsWith(verona.Jid("romeo"), StringComparison.Ordinal));
        romeo = await verona.FollowAsync("romeo");
        await PepTenant.PublishAsync(romeo, "second");
        Assert.Equal("second", await PepTenant.ToldAsync(juliet, romeo.Bare));
        AssertSound(service);
        await service.DisposeAsync();
    }

    private static void AssertSound(PepService service)
    {
        Assert.Empty(service.Failures);
        Assert.Empty(service.Strange);
    }
}
