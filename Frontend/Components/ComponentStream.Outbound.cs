using System.Buffers;
using System.Diagnostics;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Rosters;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Delivery;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Components;

/// <content>What goes to the component.</content>
internal sealed partial class ComponentStream
{
    /// <summary>Stanzas that other processes may hand over while the observers are told.</summary>
    private const int HeldMax = 1000;

    private readonly Lock _live = new();
    private List<DeliveryContent>? _held = [];
    private ReadOnlyMemory<byte> _declarations;

    /// <summary>What the stream's header declared beyond the usual, as declarations to repeat on a stanza that uses it.</summary>
    public ReadOnlySpan<byte> StreamDeclarations => _declarations.Span;

    /// <summary>The header's <c>xml:lang</c>, escaped; empty without one.</summary>
    public ReadOnlySpan<byte> StreamLang => _framer.Header.LangEscaped.Span;

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
        _counters.BytesSent(first.Length + second.Length + third.Length);
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
