using System.Buffers;
using System.Globalization;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Iq;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Streams;

/// <summary>RFC 6120 §4.3.2: what is offered to a client, in each state of its stream.</summary>
internal static class StreamFeaturesWriter
{
    /// <summary>Before authentication.</summary>
    /// <param name="canStartTls">The stream is in the clear.</param>
    /// <param name="mechanisms">Strongest first; empty while TLS must come first (RFC 6120 §5.3.1).</param>
    /// <param name="bindings">Channel-binding types (XEP-0440); empty when no -PLUS mechanism is offered.</param>
    public static void WriteUnauthenticated(
        IBufferWriter<byte> output, bool canStartTls, bool isTlsRequired, IReadOnlyList<string> mechanisms, IReadOnlyList<string> bindings)
    {
        var xml = new XmppWriter(output);
        xml.Raw("<stream:features>"u8);
        if (canStartTls)
        {
            xml.Raw(isTlsRequired
                ? "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"u8
                : "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"u8);
        }

        if (mechanisms.Count > 0)
        {
            xml.Raw("<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"u8);
            foreach (var mechanism in mechanisms)
            {
                xml.Raw("<mechanism>"u8);
                xml.Text(mechanism);
                xml.Raw("</mechanism>"u8);
            }

            xml.Raw("</mechanisms>"u8);
        }

        if (bindings.Count > 0)
        {
            xml.Raw("<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'>"u8);
            foreach (var binding in bindings)
            {
                xml.Raw("<channel-binding"u8);
                xml.Attribute("type"u8, binding);
                xml.Raw("/>"u8);
            }

            xml.Raw("</sasl-channel-binding>"u8);
        }

        if (mechanisms.Count > 0)
        {
            WriteLimits(ref xml, StreamLimits.Default.PreAuthBytesMax, StreamWatch.BindWithin);
        }

        xml.Raw("</stream:features>"u8);
    }

    /// <summary>After authentication: binding, what old clients look for, roster versions, the host's capabilities and its limits (XEP-0478).</summary>
    public static void WriteAuthenticated(IBufferWriter<byte> output, HostSettings host, ServerFeatures server)
    {
        var xml = new XmppWriter(output);
        xml.Raw("<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><required/></bind>"u8);
        xml.Raw("<session xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session><ver xmlns='urn:xmpp:features:rosterver'/>"u8);
        xml.Raw("<c xmlns='http://jabber.org/protocol/caps' hash='sha-1'"u8);
        xml.Attribute("node"u8, ServerFeatures.CapsNode);
        xml.Attribute("ver"u8, server.Of(host).CapsVersion);
        xml.Raw("/>"u8);
        WriteLimits(ref xml, host.C2SStanzaSizeLimit, StreamWatch.DeadAfter);
        xml.Raw("</stream:features>"u8);
    }

    /// <summary>XEP-0478: what a stanza may weigh, and how long a stream may be silent.</summary>
    private static void WriteLimits(ref XmppWriter xml, int bytes, TimeSpan idle)
    {
        xml.Raw("<limits xmlns='urn:xmpp:stream-limits:0'><max-bytes>"u8);
        xml.Text(bytes.ToString(CultureInfo.InvariantCulture));
        xml.Raw("</max-bytes><idle-seconds>"u8);
        xml.Text(((int)idle.TotalSeconds).ToString(CultureInfo.InvariantCulture));
        xml.Raw("</idle-seconds></limits>"u8);
    }
}
