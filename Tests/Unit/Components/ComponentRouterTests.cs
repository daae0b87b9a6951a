using System.Collections.Immutable;
using System.Text;
using Krewe.Contracts.Accounts;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Delegation;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Components;
using Krewe.Frontend.Delegation;
using Krewe.Frontend.Delivery;
using Krewe.Frontend.Delegation.ClientMode;
using Krewe.Frontend.Iq;
using Krewe.Frontend.Privileges;
using Krewe.Frontend.Routing;
using Krewe.Frontend.Xml;
using Krewe.Tests.Grains.Sessions;
using Krewe.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Tests.Unit.Components;

/// <summary>RFC 6120 §8.2.3: whatever fails behind it, what a component sends is answered.</summary>
public sealed class ComponentRouterTests(SessionsSilo silo) : IClassFixture<SessionsSilo>, IAsyncDisposable
{
    private readonly ComponentStage _stage = new(silo);

    public ValueTask DisposeAsync() => _stage.DisposeAsync();

    [Theory]
    [InlineData("<message from='{0}' to='juliet@{1}' id='m'><body>b</body></message>")]
    [InlineData("<iq type='get' from='{0}' to='juliet@{1}/balcony' id='m'><ping xmlns='urn:xmpp:ping'/></iq>")]
    [InlineData("<iq type='get' from='{0}' to='juliet@{1}' id='m'><query xmlns='jabber:iq:roster'/></iq>")]
    [InlineData("<iq type='get' from='{0}' to='juliet@{1}' id='m'><privileged_iq xmlns='urn:xmpp:privilege:2'><iq xmlns='jabber:client' type='get' id='i'><ping xmlns='urn:xmpp:ping'/></iq></privileged_iq></iq>")]
    public async Task Stanza_WhenAGrainFailsInAWayThatNobodyForesaw_IsRefused(string stanza)
    {
        var (connection, stream) = await _stage.ConnectAsync();
        var host = _stage.Settings with
        {
            PrivilegedEntities = _stage.Settings.PrivilegedEntities.Add(_stage.Domain, new EntityPrivileges
            {
                Roster = PrivilegeAccess.Both,
                Iq = ImmutableDictionary<string, PrivilegeAccess>.Empty.Add("urn:xmpp:ping", PrivilegeAccess.Get),
            }),
        };
        _stage.Hosts.Set(host);
        var router = Router();
        var element = Encoding.UTF8.GetBytes(string.Format(null, stanza, _stage.Domain, _stage.Host));
        var head = ContentScope.Reframe(element, default).Head;

        await router.RouteAsync(stream, Jid.Parse(_stage.Domain), Jid.Parse(Encoding.UTF8.GetString(head.To(element))), element, head);

        var answer = await connection.UntilAsync("</error>");
        Assert.Contains(" id='m'", answer, StringComparison.Ordinal);
        Assert.Contains("internal-server-error", answer, StringComparison.Ordinal);
    }

    private ComponentRouter Router()
    {
        static T Failing<T>()
            where T : class => GrainDouble.Create<T>((_, _) => throw new InvalidOperationException("a bug"));
        var (grains, doubles) = GrainFactoryDouble.Create();
        doubles.With(_ => Failing<IUserSessionsGrain>()).With(_ => Failing<IAccountGrain>()).With(_ => GrainDouble.Create<IUserDelegationsGrain>((_, _) =>
            Task.FromResult(ImmutableArray<UserDelegation>.Empty)));
        var routes = new LocalRoutes(isEnabled: false) { IsComplete = false };
        var instruments = _stage.Services.Instruments;
        var clients = new ClientGrants(grains, _stage.Hosts, _stage.Sessions, _stage.Time, NullLogger<ClientGrants>.Instance);
        var delegations = new DelegationForwarder(grains, _stage.Sessions, null!, null!, null!, clients, instruments);
        var accounts = new LocalAccounts(grains, _stage.Hosts);
        var iqs = new PrivilegedIqRouter(grains, accounts, _stage.Hosts, routes, null!, null!, delegations, new IqHandlers([]), new PrivilegedIqs(_stage.Time),
            new PrivilegeServices(_stage.Sessions, _stage.Registration, instruments));
        return new ComponentRouter(
            grains, _stage.Hosts, routes, new LocalPath(_stage.Hosts, routes, _stage.Sessions, instruments), new UserMessages(grains, routes, null!, instruments), null!, null!, null!,
            null!, null!, delegations, new PrivilegeRouter(accounts, null!, delegations, null!, iqs), null!, new IqHandlers([]), instruments);
    }
}
