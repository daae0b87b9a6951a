using FsCheck;
using FsCheck.Fluent;
using Krewe.Contracts.Hosts;

namespace Krewe.Tests.Unit.Hosts;

/// <summary>A document that was read may be put again, as it was stored or with everything that is in force, by whoever holds the host's keys: nothing changes.</summary>
public sealed class HostDocumentRoundTripTests
{
    private const string Host = "verona.localhost";

    private static readonly Gen<string> Entity =
        Gen.Elements("pubsub.verona.localhost", "Pubsub.Elsinore.Localhost", "BÜCHER.example", "Bot@verona.localhost", "nurse@Verona.Localhost/Desk");

    private static readonly Gen<string> Namespace =
        Gen.Elements("urn:xmpp:mam:2", "http://jabber.org/protocol/pubsub", "urn:é", "jabber:iq:roster", "urn:xmpp:ping", DelegableNamespaces.BareDiscoInfo, DelegableNamespaces.BareDiscoItems);

    private static readonly Gen<string> Access = Gen.Elements("get", "set", "both");

    private static readonly Gen<string> Components =
        from secret in Gen.Elements("hush-1", "hush-\\\"2\\\\", "hush-ü🎭")
        from foreign in Gen.Elements("", ", \"Pubsub.Elsinore.Localhost\": { \"component_secret\": \"hush-3\", \"type\": \"external\", \"delegation_ns\": 1 }")
        from members in Gen.SubListOf("\"name\": \"PEP\"", "\"component_conflict_resolve\": \"balance\"", "\"delegation_ns\": 1", "\"privilege_ns\": 2")
        from rooms in Gen.Elements("", ", \"rooms.verona.localhost\": { \"type\": \"muc\", \"muc_http_auth_authorization_header\": \"hush-4\", \"muc_http_auth_url\": \"http://a.example/\" }")
        select $"{{ \"Pubsub.verona.localhost\": {{ \"type\": \"external\", \"component_secret\": \"{secret}\"{string.Concat(members.Select(member => $", {member}"))} }}{foreign}{rooms} }}";

    private static readonly Gen<string> Grants =
        from filters in Gen.SubListOf("", "\"node\"", "\"node\", \"after\"", "\"a\", \"é\", \"Z\"").Where(list => list.Count > 0)
        from targets in Gen.ListOf(Target(), filters.Count)
        from timeout in Gen.Elements("", ", \"timeout\": 0.125", ", \"timeout\": 25")
        let grants = filters.Zip(targets, (filter, target) => $"{{ {target}, \"filtering\": [{filter}], \"allow_core\": true{timeout} }}").ToArray()
        select grants is [var only] ? only : $"[{string.Join(", ", grants)}]";

    private static readonly Gen<string> Delegations =
        from names in Gen.SubListOf("urn:xmpp:mam:2", "http://jabber.org/protocol/pubsub", "urn:é", "jabber:iq:roster", "urn:xmpp:ping")
        from grants in Gen.ListOf(Grants, names.Count)
        from pseudo in Gen.SubListOf(DelegableNamespaces.BareDiscoInfo, DelegableNamespaces.BareDiscoItems)
        from targets in Gen.ListOf(Target(), pseudo.Count)
        select Object(names.Zip(grants).Concat(pseudo.Zip(targets, (name, target) => (name, $"{{ {target} }}"))));

    private static readonly Gen<string> PrivilegedEntities =
        from names in Gen.SubListOf("pubsub.verona.localhost", "BÜCHER.example", "Bot@verona.localhost", "nurse@Verona.Localhost/Desk")
        from privileges in Gen.ListOf(Privileges(), names.Count)
        select Object(names.Zip(privileges));

    private static readonly Gen<string> Documents =
        from components in Components
        from delegations in Delegations
        from entities in PrivilegedEntities
        from members in Gen.SubListOf($"\"components\": {components}", $"\"delegations\": {delegations}", $"\"privileged_entities\": {entities}",
            "\"component_stanza_size_limit\": 20000", "\"limits\": { \"pending_iqs\": 0 }", "\"hook_secret\": \"whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz\"")
        from order in Gen.Shuffle(members.ToArray())
        select $"{{ {string.Join(", ", order)} }}";

    [Fact]
    public void Document_ReadAndPutAgain_GivesTheSameSettings() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(Documents.ToArbitrary(), stored =>
    {
        var reading = HostDocumentReader.Read(Host, 2, stored);
        Assert.Empty(reading.Problems);
        foreach (var (isEffective, isProvider) in (ReadOnlySpan<(bool, bool)>)[(false, false), (false, true), (true, false), (true, true)])
        {
            var shown = HostSecrets.Redact(Host, stored, isEffective).ToJsonString();
            Assert.DoesNotContain("hush", shown, StringComparison.Ordinal);
            Assert.DoesNotContain("whsec", shown, StringComparison.Ordinal);

            var merged = HostDocumentMerge.Merge(Host, 2, shown, stored, isProvider);
            Assert.Empty(merged.Touched);
            Assert.Empty(merged.Problems);
            AssertSame(reading.Settings!, merged.Settings!);
        }
    }));

    private static void AssertSame(HostSettings expected, HostSettings actual)
    {
        Assert.Equal(expected.Delegations.AsEnumerable(), actual.Delegations);
        Assert.Equal(expected.PrivilegedEntities.OrderBy(entry => entry.Key, StringComparer.Ordinal), actual.PrivilegedEntities.OrderBy(entry => entry.Key, StringComparer.Ordinal));
        Assert.Equal(expected.Components.OrderBy(entry => entry.Key, StringComparer.Ordinal), actual.Components.OrderBy(entry => entry.Key, StringComparer.Ordinal));
        Assert.Equal(expected.HookSecrets.Select(secret => Convert.ToHexString(secret.Span)), actual.HookSecrets.Select(secret => Convert.ToHexString(secret.Span)));
        Assert.Equal((expected.ComponentStanzaSizeLimit, expected.Limits), (actual.ComponentStanzaSizeLimit, actual.Limits));
    }

    private static Gen<string> Target() => Gen.OneOf(Entity.Select(entity => $"\"jid\": \"{entity}\""), Gen.Constant("\"url\": \"http://a.example/iq?x=1\""));

    private static Gen<string> Privileges() =>
        from roster in Gen.Elements("none", "get", "set", "both")
        from message in Gen.Elements("none", "outgoing")
        from presence in roster is "get" or "both" ? Gen.Elements("none", "managed_entity", "roster") : Gen.Elements("none", "managed_entity")
        from names in Namespace.ListOf()
        let distinct = names.Distinct().ToArray()
        from access in Gen.ListOf(Access, distinct.Length)
        from members in Gen.SubListOf($"\"message\": \"{message}\"", $"\"iq\": {Object(distinct.Zip(access.Select(word => $"\"{word}\"")))}")
        select $"{{ \"presence\": \"{presence}\", \"roster\": \"{roster}\"{string.Concat(members.Select(member => $", {member}"))} }}";

    private static string Object(IEnumerable<(string Name, string Value)> entries) => $"{{ {string.Join(", ", entries.Select(entry => $"\"{entry.Name}\": {entry.Value}"))} }}";
}
