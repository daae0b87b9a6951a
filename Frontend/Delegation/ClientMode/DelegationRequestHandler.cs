using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Components;
using Krewe.Frontend.Iq;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Delegation.ClientMode;

/// <summary>XEP-0355 §5.1: a component asks that one of the host's users be asked to let it answer namespaces. An empty result says that the question is on its way, no more.</summary>
internal abstract class DelegationRequestHandler(DelegationRequests requests, IHostSettingsSource hosts) : IIqHandler
{
    /// <summary>In one request.</summary>
    public const int NamespacesMax = 16;

    private const int NamespaceCharactersMax = 1023;

    public abstract string Namespace { get; }

    public string Name => "query";

    public IqTarget Targets => IqTarget.Host;

    public string Feature => Namespace;

    public async ValueTask HandleAsync(IqRequest request)
    {
        if (request.Sender is not ComponentAddress component || !hosts.TryGetLoaded(request.To!.Bare, out var host))
        {
            request.Refuse(StanzaError.Forbidden);
            return;
        }

        request.Reply(IqReply.ConfirmedUnless(await AskAsync(request, component.Domain, host)));
    }

    private async Task<StanzaError?> AskAsync(IqRequest request, string component, HostSettings host)
    {
        if (request.Type != StanzaType.Get || !TryRead(request.Xml, out var user, out var namespaces))
        {
            return StanzaError.BadRequest;
        }

        return user.Domainpart != host.Domain || !namespaces.All(IsForUsersToGive) ? StanzaError.Forbidden
            : namespaces.Any(name => host.Delegations.Any(grant => grant.Namespace == name)) ? StanzaError.NotAllowed
            : await requests.AskAsync(host.Domain, user, component, namespaces);
    }

    /// <summary>Not what delegation or streams live by, nor what clients take for granted, nor the commands by which a user takes his word back.</summary>
    private static bool IsForUsersToGive(string name) =>
        !DelegableNamespaces.IsReserved(name) && !DelegableNamespaces.IsCore(name) && !DelegableNamespaces.IsPseudo(name) && name != ConfigureCommand.CommandsNamespace;

    private bool TryRead(ReadOnlySpan<byte> iq, out Jid user, out ImmutableArray<string> namespaces)
    {
        (user, namespaces) = (null!, []);
        var reader = new XmlElementReader(iq);
        if (!reader.ReadToFirstChild() || !reader.TryGetAttribute("to"u8, out var to) || !Jid.TryParse(to, out var jid) || jid is not { HasLocalpart: true, IsBare: true })
        {
            return false;
        }

        var names = new List<string>();
        while (reader.Read() && reader.Depth > 1)
        {
            if (reader.Node != XmlNode.Start)
            {
                continue;
            }

            if (reader.NameIs("delegate"u8) && reader.Namespace == Namespace)
            {
                if (!reader.TryGetAttribute("namespace"u8, out var name) || !IsNamespace(name) || names.Count == NamespacesMax)
                {
                    return false;
                }

                names.Add(name);
            }

            reader.Skip();
        }

        (user, namespaces) = (jid, [.. names.Distinct(StringComparer.Ordinal)]);
        return names.Count > 0;
    }

    private static bool IsNamespace(string name) =>
        name.Length is > 0 and <= NamespaceCharactersMax && !name.Any(static c => char.IsControl(c) || char.IsWhiteSpace(c));
}

/// <summary>The present generation.</summary>
internal sealed class DelegationRequestHandler2(DelegationRequests requests, IHostSettingsSource hosts) : DelegationRequestHandler(requests, hosts)
{
    public override string Namespace => "urn:xmpp:delegation:2";
}

/// <summary>The one before, for components that speak it (specs D-090).</summary>
internal sealed class DelegationRequestHandler1(DelegationRequests requests, IHostSettingsSource hosts) : DelegationRequestHandler(requests, hosts)
{
    public override string Namespace => "urn:xmpp:delegation:1";
}
