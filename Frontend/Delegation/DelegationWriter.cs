using System.Buffers;
using System.Security.Cryptography;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Delegation;

/// <summary>What is said to a delegate: what is delegated to it (XEP-0355 §4.2), and requests (§4.3). No stanza mixes generations of the namespace (specs D-090).</summary>
internal static class DelegationWriter
{
    private const int IdBytes = 12;

    public static ReadOnlySpan<byte> Namespace(int generation) => generation == 1 ? "urn:xmpp:delegation:1"u8 : "urn:xmpp:delegation:2"u8;

    public static ReadOnlySpan<byte> ForwardNamespace => "urn:xmpp:forward:0"u8;

    /// <summary>All that a host delegates to an entity, which may be nothing (specs D-010 to D-013).</summary>
    public static void WriteGrants(IBufferWriter<byte> output, string host, string entity, int generation, IEnumerable<DelegationGrant> grants)
    {
        var xml = new XmppWriter(output);
        xml.Raw("<message"u8);
        xml.Attribute("to"u8, entity);
        xml.Attribute("from"u8, host);
        xml.Attribute("id"u8, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes)));
        xml.Raw("><delegation"u8);
        xml.AttributeRaw("xmlns"u8, Namespace(generation));
        xml.Raw(">"u8);
        foreach (var grant in grants)
        {
            xml.Raw("<delegated"u8);
            xml.Attribute("namespace"u8, grant.Namespace);
            xml.Raw(">"u8);
            foreach (var name in grant.Filtering)
            {
                xml.Raw("<attribute"u8);
                xml.Attribute("name"u8, name);
                xml.Raw("/>"u8);
            }

            xml.Raw("</delegated>"u8);
        }

        xml.Raw("</delegation></message>"u8);
    }

    /// <summary>
    /// The wrapper up to within the inner IQ's start tag, which is a client's stanza wherever it comes from (specs D-032). Always a set (D-030).
    /// </summary>
    public static void WriteWrapperStart(IBufferWriter<byte> output, UInt128 id, string host, string entity, int generation)
    {
        var xml = new XmppWriter(output);
        xml.Raw("<iq"u8);
        xml.Attribute("to"u8, entity);
        xml.Attribute("from"u8, host);
        xml.Raw(" type='set' id='"u8);
        WrapperId.Write(output, id);
        xml.Raw("'><delegation"u8);
        xml.AttributeRaw("xmlns"u8, Namespace(generation));
        xml.Raw("><forwarded xmlns='urn:xmpp:forward:0'>"u8);
        xml.Raw(ClientIq);
    }

    public static ReadOnlySpan<byte> WrapperEnd => "</forwarded></delegation></iq>"u8;

    /// <summary>What a stamped IQ, which is in no declared namespace, begins with where it stands for itself.</summary>
    public static ReadOnlySpan<byte> ClientIq => "<iq xmlns='jabber:client'"u8;

    /// <summary>What of a stamped IQ comes behind that.</summary>
    public static ReadOnlySpan<byte> BehindName(ReadOnlySpan<byte> stamped) => stamped["<iq".Length..];
}
