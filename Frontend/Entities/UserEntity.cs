using System.Diagnostics;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Delivery;
using Krewe.Frontend.Privileges;
using Krewe.Frontend.Routing;
using Krewe.Frontend.Streams;

namespace Krewe.Frontend.Entities;

/// <summary>
/// An available resource of a user whom hosts name (XEP-0355 §4.1, XEP-0356 §4.1; specs D-007, D-014), from its initial presence to its end. What is granted to its full JID is
/// its own; what is granted to the bare JID is that of the user's first available resource.
/// </summary>
internal sealed class UserEntity(C2SStream stream, IHostSettingsSource hosts, DateTimeOffset since, bool isFirst) : IEntityStream
{
    private const int Generation = 2;

    /// <summary>What grains may send before everybody has told the resource what it is granted.</summary>
    private const int HeldMax = 1000;

    private readonly Lock _gate = new();
    private List<DeliveryContent>? _held = [];
    private volatile bool _isFirst = isFirst;

    public string Name => Self.Bare;

    public string LogName => $"a user of {OwnerDomain}";

    public Jid Self { get; } = stream.Self!;

    public string Address { get; } = stream.Self!.ToString();

    public HostedDomain Owner => stream.Hosted;

    public string OwnerDomain => stream.Domain;

    public int DelegationGeneration => Generation;

    public int PrivilegeGeneration => Generation;

    /// <summary>The bound of what other hosts' users may send is no measure of what fits a client; that of the host's components has room for the wrapper.</summary>
    public int StanzaBytesMax => stream.Host.ComponentStanzaSizeLimit;

    public string ContentNamespace => "jabber:client";

    public ReadOnlySpan<byte> StreamDeclarations => stream.StreamDeclarations;

    public bool IsOpen => stream.State == StreamState.Bound && Queue.IsOpen;

    public DateTimeOffset Since => since;

    public OutboundQueue Queue => stream.Queue;

    public RecipientOrder Order { get; } = new(stream.LogFailure);

    public SeenPresences Seen { get; } = new();

    /// <summary>Whether it is the one to which the bare JID's grants belong.</summary>
    public bool IsFirst => _isFirst;

    public void BecomeFirst() => _isFirst = true;

    public bool Has(Jid granted) => granted.IsBare ? IsFirst && granted.Bare == Name : granted.Equals(Self);

    public EntityPrivileges? PrivilegesAt(HostSettings host)
    {
        var own = host.PrivilegedEntities.GetValueOrDefault(Address);
        var ofBare = IsFirst ? host.PrivilegedEntities.GetValueOrDefault(Name) : null;
        return own is null ? ofBare : ofBare is null ? own : own.Union(ofBare);
    }

    public bool Enqueue(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second = default, ReadOnlySpan<byte> third = default) => stream.Enqueue(first, second, third);

    public bool EnqueueScoped(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second = default, ReadOnlySpan<byte> third = default) => stream.Enqueue(first, second, third);

    public bool TryDeliver(StanzaFrame stanza, Jid to) => stream.TryDeliver(stanza, to);

    public void CountSent(StanzaKind kind) => stream.CountSent(kind);

    public void LogFailure(Exception e) => stream.LogFailure(e);

    /// <summary>What the user's grain has for whichever of the resources may know it; false when the stream cannot take it any more.</summary>
    public bool TryDeliver(DeliveryContent content) => Volatile.Read(ref _held) is null ? Deliver(content) : TryHold(content);

    /// <summary>It was told what it is granted, and what follows from that may come.</summary>
    public void Begin()
    {
        lock (_gate)
        {
            foreach (var content in _held ?? [])
            {
                Deliver(content);
            }

            Volatile.Write(ref _held, null);
        }
    }

    private bool TryHold(DeliveryContent content)
    {
        lock (_gate)
        {
            if (_held is null)
            {
                return Deliver(content);
            }

            if (_held.Count < HeldMax)
            {
                _held.Add(content);
                return true;
            }
        }

        stream.Abort("too much before it was told what it may know");
        return false;
    }

    private bool Deliver(DeliveryContent content) => content switch
    {
        SeenPresenceContent { Presence: var presence, Viewer: var viewer } =>
            !MaySee(presence.From, viewer) || !Seen.Note(presence, viewer) || stream.TryDeliver(presence, Self),
        RosterPushContent { Owner: { } owner } push => !MayKnowRoster(owner) || Push(push),
        _ => throw new UnreachableException(content.GetType().Name),
    };

    /// <summary>Its own account's resources a user sees anyway (RFC 6121 §4.2.2).</summary>
    private bool MaySee(Jid seen, Jid viewer) =>
        seen.Bare != Name && hosts.TryGetLoaded(viewer.Domainpart, out var host)
        && PrivilegesAt(host)?.Presence >= (seen.Bare == viewer.Bare ? PresencePrivilege.ManagedEntity : PresencePrivilege.Roster);

    private bool MayKnowRoster(Jid owner) =>
        owner.Bare != Name && hosts.TryGetLoaded(owner.Domainpart, out var host)
        && PrivilegesAt(host) is { } privileges && PrivilegePolicy.GetsPushes(Generation, host, privileges);

    private bool Push(RosterPushContent push)
    {
        CountSent(StanzaKind.Iq);
        var xml = ReplyBuffer.Rent();
        ServerStanzaWriter.WriteRosterPush(xml, push.Change, Self, push.Owner);
        return Enqueue(xml.WrittenSpan);
    }
}
