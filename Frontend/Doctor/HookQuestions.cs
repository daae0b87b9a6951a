using System.Buffers;
using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Delegation;
using Krewe.Contracts.Doctor;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Doctor;

/// <summary>
/// What to ask a host's hooks. Nothing by which anything could change: rosters and decisions are read, and of namespaces an IQ of type <c>get</c> is asked, which must
/// not change anything (RFC 6120 §8.2.3).
/// </summary>
internal sealed class HookQuestions(IGrainFactory grains)
{
    /// <summary>The user and the room where there are none.</summary>
    public const string Nobody = IHostDoctorGrain.Nobody;

    private const string DiscoInfo = "http://jabber.org/protocol/disco#info";
    private const string DiscoItems = "http://jabber.org/protocol/disco#items";

    public static bool HasHooks(HostSettings host) =>
        host.HttpRoster is not null || Services(host).Any() || host.Delegations.Any(static grant => grant.Url is not null)
        || (host.HttpAuth is not null && host.Authentication.Contains(HostAuthentication.Http));

    public async Task<ExaminationRequest> MakeAsync(HostSettings host, Jid? user, Jid? room)
    {
        user ??= (await grains.HostDirectory().AccountsAsync(host.Domain, null, 1)) is [var first] ? Jid.Parse(first) : Jid.Parse($"{Nobody}@{host.Domain}");
        var rooms = await Task.WhenAll(Services(host).Select(async service => room?.Domainpart == service.Domain ? room : await PickAsync(host, service)));
        return new ExaminationRequest(user, [.. rooms], [.. host.Delegations.Where(static grant => grant.Url is not null).Select(grant => Request(grant, user))]);
    }

    private static IEnumerable<MucServiceSettings> Services(HostSettings host) => host.Components.Values.OfType<MucServiceSettings>()
        .Where(static service => service.HttpAuth is not null).OrderBy(static service => service.Domain, StringComparer.Ordinal);

    /// <summary>A room that the service is asked about: one that there is, else one that the setting names, else one that is made up.</summary>
    private async Task<Jid> PickAsync(HostSettings host, MucServiceSettings service)
    {
        var auth = service.HttpAuth!;
        var known = (await grains.MucService(service.Domain).RoomsAsync(null, 1, isPublicOnly: false)).Rooms;
        var named = auth.EnabledFor is { } chosen
            ? chosen.All.Concat(chosen.ByDomain.GetValueOrDefault(host.Domain) ?? ImmutableHashSet<string>.Empty).Order(StringComparer.Ordinal).ToArray()
            : [];
        var localparts = known.Select(entry => Jid.Parse(entry.Listing.Room).Localpart ?? "").Where(room => auth.AppliesTo(host.Domain, room)).Concat(named).Append(Nobody);
        foreach (var localpart in localparts)
        {
            if (Jid.TryParse($"{localpart}@{service.Domain}", out var room))
            {
                return room;
            }
        }

        return Jid.Parse($"{Nobody}@{service.Domain}");
    }

    private static DelegatedIq Request(DelegationGrant grant, Jid user)
    {
        // The pseudo-namespaces stand for requests to a bare JID (XEP-0355 §7.2.4, §7.2.5).
        var payload = grant.Namespace switch
        {
            DelegableNamespaces.BareDiscoInfo => DiscoInfo,
            DelegableNamespaces.BareDiscoItems => DiscoItems,
            var other => other,
        };
        var to = DelegableNamespaces.IsPseudo(grant.Namespace) ? user.Bare : null;
        var from = $"{user.Bare}/{Nobody}";
        var output = new ArrayBufferWriter<byte>();
        var xml = new XmppWriter(output);
        xml.Raw("<iq xmlns='jabber:client'"u8);
        xml.Attribute("from"u8, from);
        if (to is not null)
        {
            xml.Attribute("to"u8, to);
        }

        xml.Attribute("id"u8, Nobody);
        xml.Raw(" type='get'><query"u8);
        xml.Attribute("xmlns"u8, payload);
        foreach (var attribute in grant.Filtering)
        {
            xml.Attribute(System.Text.Encoding.UTF8.GetBytes(attribute), "");
        }

        xml.Raw("/></iq>"u8);
        return new DelegatedIq(grant.Namespace, grant.Url!, from, to, Nobody, "get", payload, output.WrittenMemory.ToArray());
    }
}
