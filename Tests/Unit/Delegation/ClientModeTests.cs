using System.Collections.Immutable;
using System.Text;
using System.Xml.Linq;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Delegation;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Delegation.ClientMode;
using Krewe.Frontend.Delivery;
using Krewe.Frontend.Routing;
using Krewe.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Tests.Unit.Delegation;

/// <summary>XEP-0355 §5.2: whose requests go to whom a user delegated to, and until when a question may be answered.</summary>
public sealed class ClientModeTests
{
    private const string Namespace = "urn:example:ns";
    private const string Component = "pubsub.verona.example";

    private static readonly HostSettings Verona = HostSettings.Default("verona.example");
    private static readonly Jid Juliet = Jid.Parse("juliet@verona.example");

    private readonly FakeTimeProvider _time = new();
    private readonly FakeHosts _hosts = new();
    private readonly List<UserDelegation> _kept = [];
    private readonly ClientGrants _grants;

    public ClientModeTests()
    {
        var grain = GrainDouble.Create<IUserDelegationsGrain>((method, arguments) => method switch
        {
            nameof(IUserDelegationsGrain.ListAsync) => Task.FromResult(_kept.ToImmutableArray()),
            _ => Replace((ImmutableArray<UserDelegation>)arguments[1]!),
        });
        var (factory, doubles) = GrainFactoryDouble.Create();
        doubles.With(_ => grain);
        _grants = new ClientGrants(factory, _hosts, new SessionTable(), _time, NullLogger<ClientGrants>.Instance);
        _hosts.Set(Verona);
    }

    [Theory]
    [InlineData("juliet@verona.example/balcony", null, true)]
    [InlineData("juliet@verona.example/balcony", "verona.example", true)]
    [InlineData("juliet@verona.example/balcony", "juliet@verona.example", true)]
    [InlineData("romeo@verona.example/orchard", "juliet@verona.example", true)]
    [InlineData("hamlet@elsinore.example/castle", "juliet@verona.example", true)]
    [InlineData("other.verona.example", "juliet@verona.example", true)]
    [InlineData(Component, "juliet@verona.example", false)]
    [InlineData($"user@{Component}/any", "juliet@verona.example", false)]
    [InlineData("romeo@verona.example/orchard", null, false)]
    [InlineData("romeo@verona.example/orchard", "verona.example", false)]
    [InlineData("juliet@verona.example/balcony", "romeo@verona.example", false)]
    public async Task Request_OfOrToTheUser_IsTheComponents_AndNoOther(string from, string? to, bool isFound)
    {
        await GrantAsync(null);

        Assert.Equal(isFound, _grants.TryFind(new Sender(Jid.Parse(from)), Verona, to is null ? null : Jid.Parse(to), Encoding.UTF8.GetBytes(Namespace), out var grant));
        Assert.Equal(isFound, grant?.Entity?.Bare == Component && grant.Namespace == Namespace);
        Assert.False(_grants.TryFind(new Sender(Jid.Parse(from)), Verona, to is null ? null : Jid.Parse(to), "urn:example:other"u8, out _));
    }

    [Fact]
    public async Task Grant_OfTheHost_GoesBeforeAUsers()
    {
        await GrantAsync(null);
        var host = Verona with { Delegations = [new DelegationGrant { Namespace = Namespace, Entity = Jid.Parse("other.verona.example"), Filtering = ["node"] }] };

        Assert.False(_grants.TryFind(new Sender(Juliet), host, null, Encoding.UTF8.GetBytes(Namespace), out _));
    }

    [Fact]
    public async Task Grant_OfASession_IsNeitherUsedNorKeptBehindIt()
    {
        // A number that no session has.
        await GrantAsync(1);

        Assert.False(_grants.TryFind(new Sender(Juliet), Verona, null, Encoding.UTF8.GetBytes(Namespace), out _));
        Assert.Empty(_grants.Of(Juliet));
        Assert.Empty(_kept);
        Assert.True(_grants.Has(Verona.Domain));
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.False(_grants.Has(Verona.Domain));
    }

    [Fact]
    public async Task Grants_ThatAreKept_AreThereWhenTheHostIsLoaded()
    {
        _kept.Add(new UserDelegation(Jid.Parse("ophelia@elsinore.example"), Component, Namespace));
        Assert.False(_grants.Has("elsinore.example"));
        _hosts.Set(HostSettings.Default("elsinore.example"));
        Assert.Equal(new ClientGrant(Jid.Parse("ophelia@elsinore.example"), Component, Namespace, null), Assert.Single(_grants.Of(Jid.Parse("ophelia@elsinore.example"))));

        await _grants.ForgetAsync(Jid.Parse("ophelia@elsinore.example"));
        Assert.Empty(_kept);
        Assert.False(_grants.Has("elsinore.example"));
    }

    [Fact]
    public async Task Grants_OfOneUser_AreBounded()
    {
        ImmutableArray<ClientGrant> Many(int count) => [.. Enumerable.Range(0, count).Select(number => new ClientGrant(Juliet, Component, $"urn:{number}", null))];

        Assert.True(await _grants.ChangeAsync(Juliet, _ => Many(IUserDelegationsGrain.OfUserMax)));
        Assert.False(await _grants.ChangeAsync(Juliet, _ => Many(IUserDelegationsGrain.OfUserMax + 1)));
        Assert.Equal(IUserDelegationsGrain.OfUserMax, _grants.Of(Juliet).Length);
    }

    [Fact]
    public async Task Questions_AreBounded_OneOfEachComponentAtATime_AndRunOut()
    {
        var asked = new List<StanzaFrame>();
        var sessions = GrainDouble.Create<IUserSessionsGrain>((_, arguments) =>
        {
            asked.Add((StanzaFrame)arguments[0]!);
            return Task.FromResult(RouteOutcome.Delivered);
        });
        var (factory, doubles) = GrainFactoryDouble.Create();
        doubles.With(_ => sessions);
        var requests = new DelegationRequests(factory, new LocalRoutes(false) { IsComplete = false }, _grants, _time);

        Assert.Null(await requests.AskAsync(Verona.Domain, Juliet, Component, [Namespace]));
        Assert.Null(await requests.AskAsync(Verona.Domain, Juliet, Component, [Namespace]));
        Assert.Equal(1, requests.Count);
        var challenges = asked.Select(frame => XElement.Parse(Encoding.UTF8.GetString(frame.Xml.Span)).Descendants().Single(field => (string?)field.Attribute("var") == "challenge").Value).ToArray();
        Assert.Equal(2, challenges.Distinct().Count());
        for (var i = 1; i < DelegationRequests.OfUserMax; i++)
        {
            Assert.Null(await requests.AskAsync(Verona.Domain, Juliet, $"c{i}.example", [Namespace]));
        }

        Assert.Equal(StanzaError.ResourceConstraint, await requests.AskAsync(Verona.Domain, Juliet, "more.example", [Namespace]));
        _time.Advance(DelegationRequests.AnswerWithin);
        Assert.Null(await requests.AskAsync(Verona.Domain, Juliet, "more.example", [Namespace]));
        Assert.Equal(1, requests.Count);
    }

    private async Task GrantAsync(long? session) => Assert.True(await _grants.ChangeAsync(Juliet, _ => [new ClientGrant(Juliet, Component, Namespace, session)]));

    private Task<bool> Replace(ImmutableArray<UserDelegation> delegations)
    {
        _kept.Clear();
        _kept.AddRange(delegations);
        return Task.FromResult(true);
    }

    /// <summary>Only an address.</summary>
    private sealed class Sender(Jid address) : IStanzaSender
    {
        public Jid Address => address;

        public string Domain => address.Domainpart;

        public HostedDomain Hosted => default;

        public ReadOnlySpan<byte> FromFull => default;

        public ReadOnlySpan<byte> FromBare => default;

        public ReadOnlySpan<byte> StreamLang => default;

        public ReadOnlySpan<byte> StreamDeclarations => default;

        public bool Enqueue(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third) => false;

        public void CountRefusal(string condition)
        {
            // Nobody counts here.
        }

        public void LogFailure(Exception e) => throw e;
    }
}
