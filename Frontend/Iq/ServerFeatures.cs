using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Delegation.ClientMode;
using Krewe.Frontend.Delegation.Nesting;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Iq;

/// <summary>What one host and its accounts tell of themselves in disco#info, written out, and the hash of the host's that stands in its stream features (XEP-0115 §5).</summary>
internal sealed class HostFeatures
{
    public HostFeatures(DiscoInfo host, DiscoInfo account, HostNesting nesting)
    {
        (Nesting, CapsVersion, Host, Account) = (nesting, host.Verification(), Write(host), Write(account));
    }

    public string CapsVersion { get; }

    /// <summary>What stands in the host's <c>&lt;query/&gt;</c>.</summary>
    public byte[] Host { get; }

    /// <summary>What stands in that of each of its accounts.</summary>
    public byte[] Account { get; }

    /// <summary>Of which managing entities' answers it was made.</summary>
    public HostNesting Nesting { get; }

    private static byte[] Write(DiscoInfo info)
    {
        var output = new ArrayBufferWriter<byte>(1024);
        var xml = new XmppWriter(output);
        info.Write(ref xml);
        return output.WrittenSpan.ToArray();
    }
}

/// <summary>
/// What hosts tell of themselves: what the handlers here do, without what is delegated (XEP-0355 §7.2), and with what managing entities do in its place. Made once for each
/// state of a host's settings and of those entities' answers.
/// </summary>
internal sealed class ServerFeatures(IqHandlers handlers, NestedDisco nested, ClientGrants grants)
{
    public const string CapsNode = "urn:krewe:server";

    private static readonly DiscoInfo AccountItself = new(
        [new("account", "registered")], ["http://jabber.org/protocol/disco#info", "http://jabber.org/protocol/disco#items"], []);

    private readonly DiscoInfo _hostItself = new(
        [new("server", "im", Name: "Krewe")], [.. handlers.Features.Where(static feature => !IsOfDelegation(feature)).Append("msgoffline")], []);

    private readonly ConditionalWeakTable<HostSettings, HostFeatures> _made = [];
    private HostFeatures? _plain;

    public HostFeatures Of(HostSettings host)
    {
        var nesting = nested.Of(host.Domain);
        if (!IsDelegating(host))
        {
            return _plain ??= new(DiscoInfo.Merge(_hostItself), DiscoInfo.Merge(AccountItself), HostNesting.None);
        }

        if (_made.TryGetValue(host, out var known) && known.Nesting == nesting)
        {
            return known;
        }

        var made = new HostFeatures(Make(host, nesting, isBare: false), Make(host, nesting, isBare: true), nesting);
        _made.AddOrUpdate(host, made);
        return made;
    }

    /// <summary>Whether there is anybody to whom the host, or a user of it, delegates, or who may ask its users to (specs D-080).</summary>
    private bool IsDelegating(HostSettings host) =>
        !host.Delegations.IsEmpty || host.Components.Values.Any(static component => component is ExternalComponentSettings) || grants.Has(host.Domain);

    /// <summary>What is told only where something may be delegated; the command is about nothing else.</summary>
    private static bool IsOfDelegation(string feature) =>
        feature == ConfigureCommand.CommandsNamespace || feature.StartsWith("urn:xmpp:delegation:", StringComparison.Ordinal);

    private DiscoInfo Make(HostSettings host, HostNesting nesting, bool isBare)
    {
        var itself = isBare ? AccountItself : _hostItself;
        ImmutableArray<string> delegated = [.. host.Delegations.Select(static grant => grant.Namespace).Distinct(StringComparer.Ordinal)];

        // A web service cannot be asked: what it is there for is told in its place.
        var services = host.Delegations.Where(static grant => grant.Url is not null && !DelegableNamespaces.IsPseudo(grant.Namespace)).Select(static grant => grant.Namespace);
        return DiscoInfo.Merge(
        [
            itself with
            {
                Features = itself.Features.RemoveAll(IsDelegated),
                Forms = itself.Forms.RemoveAll(form => IsDelegated(form.FormType!)),
            },
            new([], [.. isBare ? [] : DelegationFeaturesOf(host), .. services], []),
            .. nesting.Entries.Where(entry => entry.Key.IsBare == isBare && IsGranted(host, entry.Key.Entity, entry.Key.Namespace))
                .OrderBy(static entry => entry.Key.Entity, StringComparer.Ordinal).ThenBy(static entry => entry.Key.Namespace, StringComparer.Ordinal)
                .Select(entry => WithinItsRights(host, entry.Key.Entity, entry.Value)),
        ]);

        bool IsDelegated(string feature) => delegated.Any(name => FeatureBoundary.Covers(name, feature));
    }

    /// <summary>XEP-0355 §7.1, with the command of §6; an earlier generation beside it where a component of the host speaks that (specs D-090).</summary>
    private static IEnumerable<string> DelegationFeaturesOf(HostSettings host) =>
        host.Components.Values.OfType<ExternalComponentSettings>().Select(static component => $"urn:xmpp:delegation:{component.DelegationNs}")
            .Append("urn:xmpp:delegation:2").Append(ConfigureCommand.CommandsNamespace);

    /// <summary>Without what would claim for the host, or its users, a namespace that clients rely on and the entity has no grant of (specs D-097).</summary>
    private static DiscoInfo WithinItsRights(HostSettings host, string entity, DiscoInfo info) => info with
    {
        Features = info.Features.RemoveAll(feature => DelegableNamespaces.IsReserved(feature)
            || DelegableNamespaces.Core.Any(name => FeatureBoundary.Covers(name, feature) && !IsGranted(host, entity, name))),
    };

    private static bool IsGranted(HostSettings host, string entity, string name) =>
        host.Delegations.Any(grant => grant.Namespace == name && NestedDisco.IsFor(grant, entity));
}
