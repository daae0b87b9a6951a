using System.Text.Json.Nodes;
using Krewe.Contracts.Hosts;

namespace Krewe.Tests.Unit.Hosts;

/// <summary>Components in a document that is sent beside the stored one: secrets that are kept, and what only the provider may do.</summary>
public sealed class ComponentMergeTests
{
    private const string Marker = """{ "secret": "set" }""";
    private const string Below = "rooms.verona.localhost";
    private const string Foreign = "rooms.elsinore.localhost";

    [Fact]
    public void Redacted_SentBack_IsTheStoredDocument()
    {
        var stored = Components(Entry(Below, """, "muc_http_auth_url": "http://a.example/", "muc_http_auth_authorization_header": "Bearer x" """), Entry(Foreign));

        var shown = HostSecrets.Redact("verona.localhost", stored).ToJsonString();
        Assert.DoesNotContain("Bearer", shown, StringComparison.Ordinal);
        AssertJson(Components(Entry(Below, $$""", "muc_http_auth_url": "http://a.example/", "muc_http_auth_authorization_header": {{Marker}} """), Entry(Foreign)), shown);
        foreach (var isProvider in (bool[])[true, false])
        {
            var merged = Merge(shown, stored, isProvider);
            Assert.Empty(merged.Touched);
            AssertJson(stored, merged.Json!);
        }
    }

    [Fact]
    public void Marker_InAnotherSpellingOfTheDomain_KeepsTheSecret()
    {
        var merged = Merge(
            Components(Entry("Rooms.Verona.Localhost", $$""", "muc_http_auth_authorization_header": {{Marker}} """)),
            Components(Entry(Below, """, "muc_http_auth_authorization_header": "Bearer x" """)), isProvider: false);

        AssertJson(Components(Entry("Rooms.Verona.Localhost", """, "muc_http_auth_authorization_header": "Bearer x" """)), merged.Json!);
    }

    [Fact]
    public void Marker_InANewComponent_HasNothingToKeep()
    {
        var merged = Merge(
            Components(Entry("new.verona.localhost", $$""", "muc_http_auth_authorization_header": {{Marker}} """)),
            Components(Entry(Below, """, "muc_http_auth_authorization_header": "Bearer x" """)), isProvider: true);

        Assert.Equal("$.components['new.verona.localhost'].muc_http_auth_authorization_header", Assert.Single(merged.Problems).Path);
    }

    [Fact]
    public void Component_BelowTheHost_IsTheHostsToAddChangeAndRemove()
    {
        Assert.Empty(Merge(Components(Entry(Below)), "{}", isProvider: false).Touched);
        Assert.Empty(Merge(Components(Entry(Below, ", \"name\": \"x\"")), Components(Entry(Below)), isProvider: false).Touched);
        foreach (var without in (string[])["{}", Components()])
        {
            var merged = Merge(without, Components(Entry(Below)), isProvider: false);
            Assert.Empty(merged.Touched);
            Assert.Empty(merged.Settings!.Components);
        }
    }

    [Theory]
    [InlineData("rooms.elsinore.localhost")]
    [InlineData("localhost")]
    [InlineData("roomsverona.localhost")]
    [InlineData("Rooms.Elsinore.Localhost")]
    public void Component_NotBelowTheHost_IsTheProvidersToAdd(string domain)
    {
        var path = domain.Contains('.', StringComparison.Ordinal) ? $"$.components['{domain}']" : $"$.components.{domain}";

        Assert.Equal(path, Assert.Single(Merge(Components(Entry(domain)), "{}", isProvider: false).Touched).Path);
        Assert.Empty(Merge(Components(Entry(domain)), "{}", isProvider: true).Touched);
    }

    [Fact]
    public void Component_NotBelowTheHost_IsTheProvidersToChange()
    {
        var merged = Merge(
            Components(Entry(Foreign, ", \"name\": \"x\", \"muc_room_locking\": true")), Components(Entry(Foreign)), isProvider: false);

        Assert.Equal($"$.components['{Foreign}'].name", Assert.Single(merged.Touched).Path);
        Assert.Equal($"$.components['{Foreign}']", Assert.Single(Merge($$"""{ "components": { "{{Foreign}}": 5 } }""", Components(Entry(Foreign)), false).Touched).Path);
        Assert.Empty(Merge(Components(Entry(Foreign, ", \"name\": \"x\"")), Components(Entry(Foreign)), isProvider: true).Touched);
    }

    [Fact]
    public void Component_NotBelowTheHost_LeftOutOrSentAsItIs_Stays()
    {
        var stored = Components(Entry(Foreign, ", \"name\": \"x\""), Entry(Below));

        foreach (var sent in (string[])["{}", Components(), Components(Entry(Foreign)), Components(Entry("Rooms.Elsinore.Localhost", ", \"name\": \"x\""))])
        {
            var merged = Merge(sent, stored, isProvider: false);
            Assert.Empty(merged.Touched);
            Assert.Empty(merged.Problems);
            var (domain, component) = Assert.Single(merged.Settings!.Components);
            Assert.Equal((Foreign, "x"), (domain, component.Name));
        }

        foreach (var sent in (string[])["{}", Components()])
        {
            Assert.Empty(Merge(sent, stored, isProvider: true).Settings!.Components);
        }
    }

    [Fact]
    public void InsecureHook_IsTheProviders()
    {
        const string Insecure = ", \"muc_http_auth_insecure\": true";
        const string Secure = ", \"muc_http_auth_insecure\": false";
        const string Path = $"$.components['{Below}'].muc_http_auth_insecure";

        Assert.Equal(Path, Assert.Single(Merge(Components(Entry(Below, Insecure)), "{}", false).Touched).Path);
        Assert.Equal(Path, Assert.Single(Merge(Components(Entry(Below, Insecure)), Components(Entry(Below)), false).Touched).Path);
        Assert.Equal(Path, Assert.Single(Merge(Components(Entry(Below, Secure)), Components(Entry(Below, Insecure)), false).Touched).Path);
        Assert.Empty(Merge(Components(Entry(Below, Secure)), "{}", false).Touched);
        Assert.Empty(Merge(Components(Entry(Below, Insecure)), Components(Entry(Below, Insecure)), false).Touched);
        Assert.Empty(Merge(Components(Entry(Below, Insecure)), "{}", true).Touched);
        AssertJson(Components(Entry(Below, Insecure)), Merge(Components(Entry(Below)), Components(Entry(Below, Insecure)), false).Json!);
    }

    [Theory]
    [InlineData("""{ "components": 5 }""", "$.components")]
    [InlineData("""{ "components": null }""", "$.components")]
    [InlineData("""{ "components": { "a b": { "type": "muc" } } }""", "$.components['a b']")]
    [InlineData("""{ "components": { "verona.localhost": { "type": "muc" } } }""", "$.components['verona.localhost']")]
    [InlineData("""{ "components": { "rooms.verona.localhost": 5 } }""", "$.components['rooms.verona.localhost']")]
    [InlineData("""{ "components": { "rooms.verona.localhost": { "type": "extern" } } }""", "$.components['rooms.verona.localhost'].type")]
    [InlineData("""{ "components": { "rooms.verona.localhost": { "type": "external" } } }""", "$.components['rooms.verona.localhost'].component_secret")]
    public void WhatIsNoComponent_IsRefusedAfterTheMergeToo(string sent, string path)
    {
        var merged = Merge(sent, Components(Entry(Below), Entry(Foreign)), isProvider: false);

        Assert.Empty(merged.Touched);
        Assert.Equal(path, Assert.Single(merged.Problems).Path);
    }

    private static string Entry(string domain, string members = "") => $$"""  "{{domain}}": { "type": "muc"{{members}} }  """;

    private static string Components(params string[] entries) => $$"""{ "components": { {{string.Join(", ", entries)}} } }""";

    private static HostDocumentMerged Merge(string sent, string stored, bool isProvider) =>
        HostDocumentMerge.Merge("verona.localhost", 2, sent, stored, isProvider);

    private static void AssertJson(string expected, string actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(actual)), actual);
}
