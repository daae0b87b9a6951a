using System.Text.Json.Nodes;
using Krewe.Contracts.Hosts;

namespace Krewe.Tests.Unit.Hosts;

/// <summary>What a document that is sent comes to beside the stored one: secrets that are kept, and what only the provider may set.</summary>
public sealed class HostDocumentMergeTests
{
    private const string Old = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz";
    private const string New = "whsec_YWJjZGVmZ2hpamFiY2RlZmdoaWphYmNk";
    private const string Marker = """{ "secret": "set" }""";

    [Fact]
    public void Redact_HidesEverySecretAndNothingElse()
    {
        var shown = HostSecrets.Redact("verona.localhost", $$"""
            { "http_roster_url": "http://app.example/%s", "http_roster_authorization_header": "Bearer x", "hook_secret": ["{{New}}", "{{Old}}"] }
            """);

        AssertJson($$"""
            { "http_roster_url": "http://app.example/%s", "http_roster_authorization_header": {{Marker}}, "hook_secret": [{{Marker}}, {{Marker}}] }
            """, shown.ToJsonString());
    }

    [Fact]
    public void Redacted_SentBack_IsTheStoredDocument()
    {
        var stored = $$"""{ "http_roster_authorization_header": "Bearer x", "hook_secret": ["{{New}}","{{Old}}"], "isolate": true, "limits": { "sessions": 5 } }""";

        foreach (var isProvider in (bool[])[true, false])
        {
            var merged = Merge(HostSecrets.Redact("verona.localhost", stored).ToJsonString(), stored, isProvider);
            Assert.Empty(merged.Touched);
            AssertJson(stored, merged.Json!);
        }
    }

    [Theory]
    [InlineData($"\"{New}\"", $"\"{Old}\"", $"\"{New}\"")]
    [InlineData(Marker, $"\"{Old}\"", $"\"{Old}\"")]
    [InlineData(Marker, $"[\"{New}\",\"{Old}\"]", $"[\"{New}\",\"{Old}\"]")]
    [InlineData($"[\"{New}\",{Marker}]", $"\"{Old}\"", $"[\"{New}\",\"{Old}\"]")]
    [InlineData($"[{Marker},\"{New}\"]", $"\"{Old}\"", $"[\"{Old}\",\"{New}\"]")]
    [InlineData($"[{Marker}]", $"[\"{New}\",\"{Old}\"]", $"[\"{New}\"]")]
    public void Marker_StandsForTheStoredSecret(string sent, string stored, string result) =>
        AssertJson($$"""{ "hook_secret": {{result}} }""", Merge($$"""{ "hook_secret": {{sent}} }""", $$"""{ "hook_secret": {{stored}} }""", false).Json!);

    [Theory]
    [InlineData($"[{Marker},{Marker}]", "$.hook_secret[1]")]
    [InlineData($"[\"{New}\",{Marker},{Marker}]", "$.hook_secret")]
    public void Marker_WithoutAStoredSecret_IsRefused(string sent, string path) =>
        Assert.Equal(path, Assert.Single(Merge($$"""{ "hook_secret": {{sent}} }""", $$"""{ "hook_secret": "{{Old}}" }""", true).Problems).Path);

    [Fact]
    public void Secret_LeftOut_IsRemoved() => AssertJson("{}", Merge("{}", $$"""{ "hook_secret": "{{Old}}" }""", false).Json!);

    [Theory]
    [InlineData("""{ "tenant": "other" }""", "$.tenant")]
    [InlineData("""{ "enabled": false }""", "$.enabled")]
    [InlineData("""{ "roster_admin_allow_from": ["0.0.0.0/0"] }""", "$.roster_admin_allow_from")]
    [InlineData("""{ "limits": { "sessions": 6 } }""", "$.limits.sessions")]
    [InlineData("""{ "limits": { "roster_items": 9 } }""", "$.limits.roster_items")]
    [InlineData("""{ "limits": 5 }""", "$.limits")]
    public void ProviderOnlyKey_ChangedByAKey_IsTouched(string sent, string path)
    {
        const string Stored = """{ "tenant": "acme", "limits": { "sessions": 5 } }""";

        Assert.Equal(path, Assert.Single(Merge(sent, Stored, isProvider: false).Touched).Path);
        Assert.Empty(Merge(sent, Stored, isProvider: true).Touched);
    }

    [Theory]
    [InlineData("""{ "isolate": true }""")]
    [InlineData("""{ "isolate": true, "limits": {} }""")]
    [InlineData("""{ "isolate": true, "tenant": "acme", "enabled": true, "limits": { "sessions": 5, "roster_items": 5000 }, "roster_admin_allow_from": [] }""")]
    public void ProviderOnlyKey_LeftOutOrSentAsItIs_Stays(string sent)
    {
        var merged = Merge(sent, """{ "tenant": "acme", "limits": { "sessions": 5 } }""", isProvider: false);

        Assert.Empty(merged.Touched);
        Assert.Equal(("acme", 5, true, true), (merged.Settings!.Tenant, merged.Settings.Limits.Sessions, merged.Settings.Isolate, merged.Settings.Enabled));
    }

    [Fact]
    public void ProviderOnlyKey_LeftOutByTheProvider_IsRemoved()
    {
        var merged = Merge("{}", """{ "tenant": "acme", "limits": { "sessions": 5 } }""", isProvider: true);

        Assert.Equal(("verona.localhost", 0), (merged.Settings!.Tenant, merged.Settings.Limits.Sessions));
    }

    [Fact]
    public void Document_WithRepeatedKeys_IsRefusedAfterTheMergeToo() =>
        Assert.Equal("$.isolate", Assert.Single(Merge("""{ "isolate": true, "isolate": false }""", "{}", false).Problems).Path);

    private static HostDocumentMerged Merge(string sent, string stored, bool isProvider) =>
        HostDocumentMerge.Merge("verona.localhost", 2, sent, stored, isProvider);

    private static void AssertJson(string expected, string actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(actual)), actual);
}
