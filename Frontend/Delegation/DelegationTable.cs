using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Delegation;

/// <summary>
/// One host's grants as requests are matched with them (XEP-0355 §4.3): by the namespace of the payload and by attributes that it must have, whatever their values; the two
/// pseudo-namespaces (§7.2.4, §7.2.5) by what is asked. Made once for each snapshot of the settings.
/// </summary>
internal sealed class DelegationTable
{
    private static readonly ConditionalWeakTable<HostSettings, DelegationTable> Tables = [];

    private DelegationTable(HostSettings host, DelegationCountTable counts) => Entries =
    [
        .. host.Delegations.Select(grant => new DelegatedNamespace(grant, counts.Of(host.Domain, grant)))
            .OrderBy(entry => DelegableNamespaces.IsPseudo(entry.Grant.Namespace)),
    ];

    /// <summary>In the order in which they are tried: as the host has them, but that the pseudo-namespaces come last.</summary>
    public ImmutableArray<DelegatedNamespace> Entries { get; }

    public static DelegationTable Of(HostSettings host, DelegationCountTable counts) => Tables.TryGetValue(host, out var table) ? table : Make(host, counts);

    /// <summary>Apart, for its closure. Of two that are made at once, one is used by both.</summary>
    private static DelegationTable Make(HostSettings host, DelegationCountTable counts) => Tables.GetValue(host, settings => new DelegationTable(settings, counts));
}

/// <summary>A grant, ready to be compared with a request's bytes.</summary>
internal sealed class DelegatedNamespace(DelegationGrant grant, DelegationCounts counts)
{
    private readonly byte[] _namespace = Encoding.UTF8.GetBytes(grant.Namespace switch
    {
        DelegableNamespaces.BareDiscoInfo => "http://jabber.org/protocol/disco#info",
        DelegableNamespaces.BareDiscoItems => "http://jabber.org/protocol/disco#items",
        var ordinary => ordinary,
    });

    private readonly byte[][] _filtering = [.. grant.Filtering.Select(Encoding.UTF8.GetBytes)];
    private readonly bool _isPseudo = DelegableNamespaces.IsPseudo(grant.Namespace);

    public DelegationGrant Grant => grant;

    public DelegationCounts Counts => counts;

    /// <summary>Whether what the client does next may depend on the answer (specs D-061).</summary>
    public bool IsInSequence { get; } = grant.Namespace == "jabber:iq:roster";

    /// <param name="to">Null, the host's domain or a bare JID of it.</param>
    public bool Fits(Jid? to, ReadOnlySpan<byte> element, in ElementHead head)
    {
        var name = head.FirstChildNamespace(element);
        return (XmlText.NeedsDecoding(name) ? Encoding.UTF8.GetBytes(XmlText.DecodeValue(name)).AsSpan().SequenceEqual(_namespace) : name.SequenceEqual(_namespace))
            && (_isPseudo ? FitsPseudo(to, element, head) : _filtering.Length == 0 || HasAttributes(element));
    }

    /// <summary>What is asked of an account, and not of the host. Nodes of accounts are nothing that the server knows, so all of them are forwarded (XEP-0355 §7.2.4).</summary>
    private bool FitsPseudo(Jid? to, ReadOnlySpan<byte> element, in ElementHead head) =>
        to is null or { HasLocalpart: true } && head.StanzaType == StanzaType.Get && head.FirstChildName(element).SequenceEqual("query"u8)
        && (grant.Namespace == DelegableNamespaces.BareDiscoItems || HasNode(element));

    private static bool HasNode(ReadOnlySpan<byte> element)
    {
        var reader = new XmlElementReader(element);
        return reader.ReadToFirstChild() && reader.TryGetAttribute("node"u8, out var node) && node.Length > 0;
    }

    private bool HasAttributes(ReadOnlySpan<byte> element)
    {
        var reader = new XmlElementReader(element);
        if (!reader.ReadToFirstChild())
        {
            return false;
        }

        foreach (var name in _filtering)
        {
            var cursor = new AttributeCursor(reader.Attributes);
            var isThere = false;
            while (!isThere && cursor.MoveNext())
            {
                isThere = cursor.Name.SequenceEqual(name);
            }

            if (!isThere)
            {
                return false;
            }
        }

        return true;
    }
}
