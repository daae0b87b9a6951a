using System.Buffers;
using System.Diagnostics;
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

/// <content>What goes to the component, and the component as its domain's own address.</content>
internal sealed partial class ComponentStream
{
    /// <summary>Stanzas that other processes may hand over while the observers are told.</summary>
    private const int HeldMax = 1000;

    private readonly Lock _live = new();
    private List<StanzaContent>? _held = [];
    private ReadOnlyMemory<byte> _declarations;
    private Jid? _address;
    private byte[] _domainEscaped = [];

    /// <summary>The component's domain as an address; of what its other addresses send, the router makes senders of their own.</summary>
    Jid IStanzaSender.Address => _address!;

    HostedDomain IStanzaSender.Hosted => Owner;

    public ReadOnlySpan<byte> FromFull => _domainEscaped;

    public ReadOnlySpan<byte> FromBare => _domainEscaped;

    /// <summary>What the stream's header declared beyond the usual, as declarations to repeat on a stanza that uses it.</summary>
    public ReadOnlySpan<byte> StreamDeclarations => _declarations.Span;

    /// <summary>The header's <c>xml:lang</c>, escaped; empty without one.</summary>
    public ReadOnlySpan<byte> StreamLang => _framer.Header.LangEscaped.Span;

    MucSession ISession.MucSession => new(_services.Frontend, Session, _address!);

    RoomVisits? ISession.Rooms { get; set; }

    public void CountRefusal(string condition) => _services.Instruments.Refused(condition);

    public void LogFailure(Exception e) => _services.Log.StepFailed(_connection.ConnectionId, OwnerDomain, e);

    /// <summary>
    /// Writes what is in no declared namespace, one element in up to three parts or several in one, and re-scopes what it declares itself (specs C-012). False when the stream is over or
    /// too slow; in the second case this ends it.
    /// </summary>
    public bool Enqueue(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second = default, ReadOnlySpan<byte> third = default)
    {
        var rescoped = Rescope(first, second, third);
        return rescoped is null ? EnqueueScoped(first, second, third) : EnqueueScoped(rescoped);
    }

    /// <summary>The same for an element that declares neither content namespace outside of foreign elements: it is written as it is.</summary>
    public bool EnqueueScoped(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second = default, ReadOnlySpan<byte> third = default)
    {
        NoteOutbound();
        return Queue.TryEnqueue(first, second, third) || Overflow();
    }

    public void CountSent(StanzaKind kind) => _counters.StanzaSent(kind);

    /// <summary>Writes what grains send; false when the stream cannot take it any more.</summary>
    public bool TryDeliver(DeliveryContent content)
    {
        switch (content)
        {
            case StanzaContent stanza:
                return Volatile.Read(ref _held) is null ? Deliver(stanza) : TryHold(stanza);
            case EndContent end:
                End(end.Condition.ToStreamError(), end.Text);
                return true;
            case ProbeContent:
                return State != ComponentStreamState.Ended;
            default:
                throw new UnreachableException(content.GetType().Name);
        }
    }

    /// <summary>As <see cref="Enqueue"/>, written with what comes next; see <see cref="OutboundQueue.TryHold"/>.</summary>
    public bool TryHold(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third, out bool isFlushDue)
    {
        NoteOutbound();
        var rescoped = Rescope(first, second, third);
        return rescoped is null
            ? Queue.TryHold(first, second, third, out isFlushDue) || Overflow()
            : Queue.TryHold(rescoped, default, default, out isFlushDue) || Overflow();
    }

    /// <summary>Tells the component what became of its stanza (RFC 6120 §8.3); an error or a result is never answered.</summary>
    /// <param name="sender">The stanza's <c>from</c>.</param>
    /// <param name="addressee">Its <c>to</c>; null when it had none that may be written: then its host answers.</param>
    public void Refuse(StanzaKind kind, StanzaType type, string? id, Jid sender, Jid? addressee, StanzaError error)
    {
        if (type is StanzaType.Error or StanzaType.Result)
        {
            return;
        }

        _services.Instruments.Refused(StanzaErrorWriter.WireName(error.Condition));
        var output = ReplyBuffer.Rent();
        var xml = new XmppWriter(output);
        xml.Raw(kind switch { StanzaKind.Message => "<message"u8, StanzaKind.Presence => "<presence"u8, _ => "<iq"u8 });
        xml.Attribute("to"u8, sender.ToString());
        xml.Attribute("from"u8, addressee?.ToString() ?? OwnerDomain);
        xml.Raw(" type='error'"u8);
        if (id is not null)
        {
            xml.Attribute("id"u8, id);
        }

        xml.Raw(">"u8);
        StanzaErrorWriter.WriteError(ref xml, error);
        xml.Raw(kind switch { StanzaKind.Message => "</message>"u8, StanzaKind.Presence => "</presence>"u8, _ => "</iq>"u8 });
        CountSent(kind);
        EnqueueScoped(output.WrittenSpan);
    }

    /// <summary>Everything that was announced is written: from here on the stream is picked for stanzas.</summary>
    private void BecomeLive()
    {
        lock (_live)
        {
            foreach (var stanza in _held!)
            {
                Deliver(stanza);
            }

            Volatile.Write(ref _held, null);
        }

        _services.Table.Add(this);
        if (State == ComponentStreamState.Ended)
        {
            _services.Table.Remove(this);
        }
    }

    private bool TryHold(StanzaContent stanza)
    {
        lock (_live)
        {
            if (_held is null)
            {
                return Deliver(stanza);
            }

            if (_held.Count >= HeldMax)
            {
                return Overflow();
            }

            _held.Add(stanza);
            return State != ComponentStreamState.Ended;
        }
    }

    private bool Deliver(StanzaContent content)
    {
        var (stanza, to) = (content.Stanza, content.To);
        CountSent(stanza.Kind);
        if (stanza.Xml.IsEmpty)
        {
            var xml = ReplyBuffer.Rent();
            ServerStanzaWriter.WritePresence(xml, stanza, to ?? stanza.To!);
            return EnqueueScoped(xml.WrittenSpan);
        }

        if (to is null)
        {
            return Enqueue(stanza.Xml.Span);
        }

        var start = ReplyBuffer.Rent();
        ServerStanzaWriter.WriteStart(start, stanza.Kind, to);
        return Enqueue(start.WrittenSpan, stanza.Xml.Span[stanza.ToEnd..]);
    }

    /// <summary>The whole as the component is to get it; null when the parts may go as they are.</summary>
    private static byte[]? Rescope(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third)
    {
        if (!ContentScope.MayNameClient(first) && !ContentScope.MayNameClient(second) && !ContentScope.MayNameClient(third))
        {
            return null;
        }

        byte[] whole = [.. first, .. second, .. third];
        var rescoped = new ArrayBufferWriter<byte>(whole.Length + 64);
        return ContentScope.TryRescope(whole, Tokens.ClientNamespace, Tokens.ComponentNamespace, rescoped) ? rescoped.WrittenSpan.ToArray() : whole;
    }

    private bool Overflow()
    {
        if (State != ComponentStreamState.Ended)
        {
            _services.Instruments.QueueOverflowed();
            Abort("slow-reader");
        }

        return false;
    }
}
