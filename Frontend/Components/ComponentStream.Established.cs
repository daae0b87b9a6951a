using System.Buffers;
using System.Diagnostics;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Rosters;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Delivery;
using Krewe.Frontend.Observability;
using Krewe.Frontend.Routing;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Components;

/// <content>Stanzas from and to a component that is connected (specs 3.2).</content>
internal sealed partial class ComponentStream
{
    /// <summary>Stanzas that other processes may hand over while the observers are told.</summary>
    private const int HeldMax = 1000;

    private static readonly HostCounters Uncounted = new("");

    private readonly Lock _live = new();
    private List<DeliveryContent>? _held = [];
    private ReadOnlyMemory<byte> _declarations;
    private HostCounters _counters = Uncounted;
    private LastJid _lastFrom;
    private LastJid _lastTo;

    /// <summary>What the stream's header declared beyond the usual, as declarations to repeat on a stanza that uses it.</summary>
    public ReadOnlySpan<byte> StreamDeclarations => _declarations.Span;

    /// <summary>The header's <c>xml:lang</c>, escaped; empty without one.</summary>
    public ReadOnlySpan<byte> StreamLang => _framer.Header.LangEscaped.Span;

    /// <summary>A stanza of this component as it is routed.</summary>
    public StanzaFrame Stamp(Jid from, Jid to, ReadOnlySpan<byte> element, in ElementHead head)
    {
        var xml = StanzaStamp.Stamp(
            element, head, XmppWriter.Escape(from.ToString()), default, StreamLang, head.UsesStreamPrefix ? StreamDeclarations : default, out var toEnd);
        return new StanzaFrame(head.Kind, head.StanzaType, from, to, head.IdText(element), xml, toEnd);
    }

    /// <summary>
    /// Writes an element that is in no declared namespace, in up to three parts, and re-scopes what it declares itself (specs C-012). False when the stream is over or
    /// too slow; in the second case this ends it.
    /// </summary>
    public bool Enqueue(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second = default, ReadOnlySpan<byte> third = default)
    {
        if (ContentScope.MayNameClient(first) || ContentScope.MayNameClient(second) || ContentScope.MayNameClient(third))
        {
            byte[] whole = [.. first, .. second, .. third];
            var rescoped = new ArrayBufferWriter<byte>(whole.Length + 64);
            return ContentScope.TryRescope(whole, Tokens.ClientNamespace, Tokens.ComponentNamespace, rescoped)
                ? EnqueueScoped(rescoped.WrittenSpan)
                : EnqueueScoped(whole);
        }

        return EnqueueScoped(first, second, third);
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
            case StanzaContent or RosterPushContent or SeenPresenceContent:
                return Volatile.Read(ref _held) is null ? Deliver(content) : TryHold(content);
            case EndContent end:
                End(end.Condition.ToStreamError(), end.Text);
                return true;
            case ProbeContent:
                return State != ComponentStreamState.Ended;
            default:
                throw new UnreachableException(content.GetType().Name);
        }
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

    private ValueTask HandleStanzaAsync(Frame frame)
    {
        _framer.StanzaBytesMax = Owner.Host.ComponentStanzaSizeLimit;
        byte[]? rented = null;
        try
        {
            var element = frame.Contiguous(ref rented);
            var isInOtherNamespace = !frame.Head.IsStanza && frame.Head.Namespace == ElementNamespace.Client;
            return isInOtherNamespace || ContentScope.MayNameComponent(element, frame.Head) ? RescopeAndRoute(element) : RouteAsync(element, frame.Head);
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }

    /// <summary>COMPAT: Prosody takes stanzas that declare <c>jabber:client</c> themselves, so components exist that send them.</summary>
    private ValueTask RescopeAndRoute(ReadOnlySpan<byte> element)
    {
        var output = new ArrayBufferWriter<byte>(element.Length);
        ReadOnlyMemory<byte> rescoped = ContentScope.TryRescope(element, Tokens.ComponentNamespace, Tokens.ClientNamespace, output)
            ? output.WrittenMemory
            : element.ToArray();
        var frame = ContentScope.Reframe(rescoped, _declarations);
        return RouteAsync(rescoped.Span, frame.Head);
    }

    private ValueTask RouteAsync(ReadOnlySpan<byte> element, in ElementHead head)
    {
        if (!head.IsStanza)
        {
            StreamException.Throw(StreamErrorCondition.UnsupportedStanzaType);
        }

        _counters.StanzaReceived(head.Kind);

        // XEP-0114 §3: any address of the component's domain, and no other (specs C-010, C-011).
        if (!head.HasFrom || !_lastFrom.TryParse(head.From(element), out var from) || from.Domainpart != Domain)
        {
            StreamException.Throw(StreamErrorCondition.InvalidFrom);
            return default;
        }

        if (!head.HasTo || !_lastTo.TryParse(head.To(element), out var to))
        {
            Refuse(head.Kind, head.StanzaType, head.IdText(element), from, null, head.HasTo ? StanzaError.JidMalformed : StanzaError.BadRequest);
            return default;
        }

        return IsPong(element, head, to) ? default : _services.Router.RouteAsync(this, from, to, element, head);
    }

    /// <summary>Everything that was announced is written: from here on the stream is picked for stanzas.</summary>
    private void BecomeLive()
    {
        lock (_live)
        {
            foreach (var content in _held!)
            {
                Deliver(content);
            }

            Volatile.Write(ref _held, null);
        }

        _services.Table.Add(this);
        if (State == ComponentStreamState.Ended)
        {
            _services.Table.Remove(this);
        }
    }

    private bool TryHold(DeliveryContent content)
    {
        lock (_live)
        {
            if (_held is null)
            {
                return Deliver(content);
            }

            if (_held.Count >= HeldMax)
            {
                return Overflow();
            }

            _held.Add(content);
            return State != ComponentStreamState.Ended;
        }
    }

    private bool Deliver(DeliveryContent content) => content switch
    {
        StanzaContent { Stanza: var stanza, To: var to } => Deliver(stanza, to),
        RosterPushContent { Change: var change, Owner: { } owner } => Push(change, owner),
        SeenPresenceContent { Presence: var presence, Viewer: var viewer } => !Seen.Note(presence, viewer) || Deliver(presence, Self),
        _ => throw new UnreachableException(content.GetType().Name),
    };

    private bool Push(RosterChange change, Jid owner)
    {
        CountSent(StanzaKind.Iq);
        var xml = ReplyBuffer.Rent();
        ServerStanzaWriter.WriteRosterPush(xml, change, Self, owner);
        return EnqueueScoped(xml.WrittenSpan);
    }

    private bool Deliver(StanzaFrame stanza, Jid? to)
    {
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
