using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Delivery;
using Krewe.Frontend.Muc;
using Krewe.Frontend.Routing;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Components;

/// <summary>
/// An address that a component speaks for (XEP-0114 §3: any localpart and resource of its domain). To rooms each is a session of its own, so that a gateway's users
/// join like anyone.
/// </summary>
internal sealed class ComponentAddress : ISession
{
    private readonly ComponentStream _stream;
    private readonly ComponentServices _services;
    private readonly byte[] _full;
    private byte[]? _bare;
    private long _session;

    public ComponentAddress(ComponentStream stream, ComponentServices services, Jid address)
    {
        (_stream, _services, Address) = (stream, services, address);
        _full = XmppWriter.Escape(address.ToString());
    }

    public Jid Address { get; }

    /// <summary>The component's connection by which it speaks.</summary>
    public ComponentStream Stream => _stream;

    public string Domain => _stream.Domain;

    public HostedDomain Hosted => _stream.Owner;

    public ReadOnlySpan<byte> FromFull => _full;

    public ReadOnlySpan<byte> FromBare => _bare ??= XmppWriter.Escape(Address.Bare);

    public ReadOnlySpan<byte> StreamLang => _stream.StreamLang;

    public ReadOnlySpan<byte> StreamDeclarations => _stream.StreamDeclarations;

    /// <summary>0 until it needs one.</summary>
    public long Session => Volatile.Read(ref _session);

    public OutboundQueue Queue => _stream.Queue;

    public MucSession MucSession => new(_services.Frontend, Number(), Address);

    public RoomVisits? Rooms { get; set; }

    public bool TryDeliver(DeliveryContent content) => content is StanzaContent { Stanza: var stanza, To: var to } && _stream.TryDeliver(stanza, to ?? Address);

    public bool Enqueue(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second = default, ReadOnlySpan<byte> third = default) => _stream.Enqueue(first, second, third);

    public bool TryHold(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third, out bool isFlushDue) =>
        _stream.TryHold(first, second, third, out isFlushDue);

    public void CountSent(StanzaKind kind) => _stream.CountSent(kind);

    public void ChargeAnswer(int bytes) => _stream.ChargeAnswer(bytes);

    public void CountRefusal(string condition) => _services.Instruments.Refused(condition);

    public void LogFailure(Exception e) => _stream.LogFailure(e);

    private long Number()
    {
        if (Session == 0 && Interlocked.CompareExchange(ref _session, _services.Sessions.NextNumber(), 0) == 0)
        {
            _services.Sessions.Add(this);
        }

        return Session;
    }
}
