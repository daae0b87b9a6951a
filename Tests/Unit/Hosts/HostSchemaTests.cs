using System.Text.Json.Nodes;
using Krewe.Contracts.Hosts;
using Krewe.Silo.Configuration;

namespace Krewe.Tests.Unit.Hosts;

/// <summary>The published schema of host documents, which follows from the table of keys.</summary>
public sealed class HostSchemaTests
{
    private static readonly string Published = Path.Combine(RepositoryRoot.Find(), "docs", "host-settings.schema.json");

    /// <summary>After a change of the table, run this test once with <c>KREWE_ACCEPT=1</c>: it writes the file.</summary>
    [Fact]
    public void PublishedSchema_IsTheGeneratedOne()
    {
        if (Environment.GetEnvironmentVariable("KREWE_ACCEPT") == "1")
        {
            File.WriteAllText(Published, HostSchema.Text);
        }

        Assert.Equal(HostSchema.Text, File.ReadAllText(Published));
    }

    [Fact]
    public void Schema_TellsForEveryKeyWhatItIsAndWhoMaySetIt()
    {
        var schema = JsonNode.Parse(HostSchema.Text)!.AsObject();

        Assert.Equal("https://json-schema.org/draft/2020-12/schema", (string?)schema["$schema"]);
        Assert.False((bool)schema["additionalProperties"]!);
        var keys = schema["properties"]!.AsObject().Concat(schema["properties"]!["limits"]!["properties"]!.AsObject()).ToArray();
        Assert.Equal(HostSettingKeys.All.Sum(key => 1 + key.Members.Length), keys.Length);
        Assert.All(keys, key =>
        {
            Assert.NotEmpty((string)key.Value!["description"]!);
            Assert.Contains((string)key.Value["x-set-by"]!, (string[])["provider", "host"]);
            Assert.True(key.Value["type"] is not null || key.Value["enum"] is not null || key.Value["anyOf"] is not null, key.Key);
        });
    }

    [Theory]
    [InlineData("tenant", "provider")]
    [InlineData("enabled", "provider")]
    [InlineData("roster_admin_allow_from", "provider")]
    [InlineData("limits", "provider")]
    [InlineData("isolate", "host")]
    [InlineData("hook_secret", "host")]
    public void Schema_SaysWhoMaySetAKey(string key, string by) => Assert.Equal(by, (string?)JsonNode.Parse(HostSchema.Text)!["properties"]![key]!["x-set-by"]);

    [Fact]
    public void Defaults_WrittenOut_AreTheSettingsOfAnEmptyDocument()
    {
        var effective = HostSecrets.Redact("verona.localhost", "{}", isEffective: true);
        var settings = HostDocumentReader.Read("verona.localhost", 1, effective.ToJsonString()).Settings!;
        var empty = HostDocumentReader.Read("verona.localhost", 1, "{}").Settings!;

        Assert.Equal(empty, settings with { Authentication = empty.Authentication });
        Assert.Equal(empty.Authentication.AsEnumerable(), settings.Authentication);
        Assert.Equal(20, (int)effective["limits"]!["sessions_per_user"]!);
        Assert.Equal(604800, (long)effective["http_roster_stale_for"]!);
    }

    [Fact]
    public void Defaults_InTheSchema_AreThoseInForce()
    {
        var properties = JsonNode.Parse(HostSchema.Text)!["properties"]!.AsObject();
        var effective = HostSecrets.Redact("verona.localhost", "{}", isEffective: true);

        Assert.All(properties.Where(key => key.Value!["default"] is not null), key => Assert.True(JsonNode.DeepEquals(key.Value!["default"], effective[key.Key]), key.Key));
        Assert.Equal(262144, (int)properties["c2s_stanza_size_limit"]!["default"]!);
    }
}
