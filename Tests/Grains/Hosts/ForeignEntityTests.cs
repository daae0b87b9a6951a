using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Grains.Hosts;
using Krewe.Tests.Grains.Storage;
using Krewe.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Tests.Grains.Hosts;

/// <summary>Who may name an entity to grant it something: its tenant's key holders, and for all others the provider.</summary>
public sealed class ForeignEntityTests : IAsyncLifetime, IDisposable
{
    private const string Verona = "verona.example";
    private const string Mantua = "mantua.example";
    private const string Elsinore = "elsinore.example";

    private readonly DataFolder _folder = new();
    private StorageSilo _silo = null!;

    public async Task InitializeAsync()
    {
        _silo = await StorageSilo.StartAsync(_folder.Options, services => services
            .AddKreweHostFiles(_folder.Options)
            .AddSingleton<IHostSettingsSource, HostSettingsCache>());
        await PutAsync(Verona, """{ "tenant": "capulet" }""", isProvider: true);
        await PutAsync(Mantua, """{ "tenant": "capulet", "components": { "pubsub.mantua.example": { "type": "external", "component_secret": "hat and wig" } } }""", isProvider: true);
        await PutAsync(Elsinore, """{ "components": { "pubsub.elsinore.example": { "type": "external", "component_secret": "hat and wig" } } }""", isProvider: true);
    }

    public async Task DisposeAsync() => await _silo.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("bot@verona.example")]
    [InlineData("pubsub.verona.example")]
    [InlineData("bot@mantua.example/1")]
    [InlineData("pubsub.mantua.example")]
    public async Task Entity_OfTheTenant_IsForTheTenantToName(string entity) =>
        Assert.Equal(HostChangeOutcome.Replaced, (await PutAsync(Verona, Granting(entity))).Outcome);

    [Theory]
    [InlineData("pubsub.elsinore.example")]
    [InlineData("hamlet@elsinore.example")]
    [InlineData("PubSub.Elsinore.example")]
    [InlineData("pubsub.nobody.example")]
    public async Task Entity_OfAnother_IsForTheProviderToName(string entity)
    {
        foreach (var (document, path) in new[] { (Granting(entity), "$.delegations['urn:example:notes']"), (Privileging(entity), $"$.privileged_entities['{entity.ToLowerInvariant()}']") })
        {
            var refused = await PutAsync(Verona, document);

            Assert.Equal((HostChangeOutcome.ProviderOnly, path), (refused.Outcome, Assert.Single(refused.Problems).Path));
            Assert.DoesNotContain(entity, (await _silo.Grains.Host(Verona).GetAsync()).Json!, StringComparison.OrdinalIgnoreCase);
            Assert.Equal(HostChangeOutcome.Replaced, (await PutAsync(Verona, document, isProvider: true)).Outcome);
            await PutAsync(Verona, """{ "tenant": "capulet" }""", isProvider: true);
        }
    }

    [Fact]
    public async Task Entity_ThatTheProviderNamed_IsTheTenantsToGrantMoreOrLess()
    {
        await PutAsync(Verona, Granting("pubsub.elsinore.example"), isProvider: true);

        Assert.Equal(HostChangeOutcome.Replaced, (await PutAsync(Verona, Privileging("pubsub.elsinore.example"))).Outcome);
        Assert.Equal(HostChangeOutcome.Replaced, (await PutAsync(Verona, """{ "tenant": "capulet" }""")).Outcome);

        // Taken away, it is a stranger's again.
        Assert.Equal(HostChangeOutcome.ProviderOnly, (await PutAsync(Verona, Granting("pubsub.elsinore.example"))).Outcome);
    }

    private static string Granting(string entity) => $$"""{ "tenant": "capulet", "delegations": { "urn:example:notes": { "jid": "{{entity}}" } } }""";

    private static string Privileging(string entity) => $$"""{ "tenant": "capulet", "privileged_entities": { "{{entity}}": { "message": "outgoing" } } }""";

    private async Task<HostChange> PutAsync(string host, string json, bool isProvider = false) =>
        await _silo.Grains.Host(host).PutAsync(json, null, isProvider, isProvider ? "provider" : "key:1");
}
