using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Privileges;
using Krewe.Frontend.Routing;
using Krewe.Frontend.Streams;

namespace Krewe.Frontend.Entities;

/// <summary>
/// One connection of somebody who answers for hosts (XEP-0355 §2: managing entity) or acts for their users (XEP-0356 §2: privileged entity): an external component's, or an
/// available resource of a user's.
/// </summary>
internal interface IEntityStream
{
    /// <summary>By what it is counted and looked up: the component's domain, or the user's bare JID.</summary>
    string Name { get; }

    /// <summary>For logs, which name no users.</summary>
    string LogName { get; }

    /// <summary>Whom the server writes to: the component's domain, or the user's full JID.</summary>
    Jid Self { get; }

    /// <summary><see cref="Self"/> as text.</summary>
    string Address { get; }

    /// <summary>What its domain is, with the settings of its host as they are now.</summary>
    HostedDomain Owner { get; }

    /// <summary>The domain of the host that it belongs to.</summary>
    string OwnerDomain { get; }

    /// <summary>Of XEP-0355's namespace (specs D-090).</summary>
    int DelegationGeneration { get; }

    /// <summary>Of XEP-0356's namespace (specs P-060).</summary>
    int PrivilegeGeneration { get; }

    /// <summary>The largest request that is wrapped for it (specs D-034).</summary>
    int StanzaBytesMax { get; }

    /// <summary>The content namespace of its stream (RFC 6120 §4.8.3).</summary>
    string ContentNamespace { get; }

    /// <summary>What the stream's header declared beyond the usual, as declarations to repeat on a stanza that uses it.</summary>
    ReadOnlySpan<byte> StreamDeclarations { get; }

    /// <summary>Whether stanzas may be given to it.</summary>
    bool IsOpen { get; }

    /// <summary>Since when it is told of what changes.</summary>
    DateTimeOffset Since { get; }

    OutboundQueue Queue { get; }

    /// <summary>The order of what it sends on behalf of users.</summary>
    RecipientOrder Order { get; }

    /// <summary>Whose presence it was told by privilege.</summary>
    SeenPresences Seen { get; }

    /// <summary>Whether what is granted to this address is the connection's now.</summary>
    bool Has(Jid granted);

    /// <summary>What a host lets it do, reachable or not; null when that is nothing.</summary>
    EntityPrivileges? PrivilegesAt(HostSettings host);

    /// <summary>Writes one element in no declared namespace, and re-scopes what it declares itself; false when the stream cannot take it any more.</summary>
    bool Enqueue(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second = default, ReadOnlySpan<byte> third = default);

    /// <summary>The same for an element that declares no content namespace outside of foreign elements.</summary>
    bool EnqueueScoped(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second = default, ReadOnlySpan<byte> third = default);

    bool TryDeliver(StanzaFrame stanza, Jid to);

    void CountSent(StanzaKind kind);

    void LogFailure(Exception e);
}
