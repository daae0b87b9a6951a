using System.Buffers;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Observability;
using Krewe.Frontend.Routing;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Components;

/// <content>Stanzas from a component that is connected (specs 3.2).</content>
internal sealed partial class ComponentStream
{
    private static readonly HostCounters Uncounted = new("");

    private HostCounters _counters = Uncounted;
    private StreamThrottle? _throttle;
    private LastJid _lastFrom;
    private LastJid _lastTo;

    private ValueTask HandleStanzaAsync(Frame frame)
    {
        var host = Owner.Host;
        _framer.StanzaBytesMax = host.ComponentStanzaSizeLimit;
        var bytes = (int)frame.Bytes.Length;
        ValueTask routed;
        byte[]? rented = null;
        try
        {
            var element = frame.Contiguous(ref rented);
            var isInOtherNamespace = !frame.Head.IsStanza && frame.Head.Namespace == ElementNamespace.Client;
            routed = isInOtherNamespace || ContentScope.MayNameComponent(element, frame.Head) ? RescopeAndRoute(element) : RouteAsync(element, frame.Head);
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }

        _counters.BytesReceived(bytes);
        return _throttle!.Charge(1, bytes, host.Limits) == TimeSpan.Zero ? routed : SlowDownAsync(routed);
    }

    public void ChargeAnswer(int bytes)
    {
        if (bytes >= StreamThrottle.AnswerBytesMin)
        {
            _throttle?.ChargeAside(0, bytes, Owner.Host.Limits);
        }
    }

    private async ValueTask SlowDownAsync(ValueTask routed)
    {
        await routed;
        await PauseAsync();
    }

    /// <summary>Nothing is read until what came is paid off. A component is never ended for it: many users depend on it, and none of them is who sends too much.</summary>
    private Task PauseAsync()
    {
        _counters.Paused();
        return _throttle!.PauseAsync(() => Owner.Host.Limits, () => State == ComponentStreamState.Established);
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
            // Its host answers: there is no other address that may be written.
            StanzaErrorWriter.Refuse(
                AddressOf(from), head.Kind, head.StanzaType, head.IdText(element), Jid.Parse(OwnerDomain), head.HasTo ? StanzaError.JidMalformed : StanzaError.BadRequest);
            return default;
        }

        return IsPong(element, head, to) ? default : _services.Router.RouteAsync(this, from, to, element, head);
    }
}
