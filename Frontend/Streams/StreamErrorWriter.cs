using System.Buffers;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Streams;

/// <summary>RFC 6120 §4.9.2: a stream error. What ends the stream belongs behind it.</summary>
internal static class StreamErrorWriter
{
    public static void Write(IBufferWriter<byte> output, StreamErrorCondition condition, string? text)
    {
        var xml = new XmppWriter(output);
        xml.Raw("<stream:error><"u8);
        xml.Text(condition.ToName());
        xml.Raw(" xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"u8);
        if (text is not null)
        {
            xml.Raw("<text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>"u8);
            xml.Text(text);
            xml.Raw("</text>"u8);
        }

        xml.Raw("</stream:error>"u8);
    }
}
