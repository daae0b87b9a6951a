using System.Collections.Immutable;
using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Krewe.Contracts.Addressing;

namespace Krewe.Frontend.Listeners;

/// <summary>Whom a certificate names: its alternative names (RFC 5280 §4.2.1.6) of the kinds by which clients know a host (RFC 6120 §13.7.1.2). The common name is none of them.</summary>
internal sealed record SubjectNames(ImmutableArray<string> Dns, ImmutableArray<string> Services, ImmutableArray<string> Xmpp, ImmutableArray<IPAddress> Addresses)
{
    private const string SubjectAlternativeName = "2.5.29.17";

    /// <summary>id-on-xmppAddr (RFC 6120 §13.7.1.4) and id-on-dnsSRV (RFC 4985 §2).</summary>
    private const string XmppAddress = "1.3.6.1.5.5.7.8.5";
    private const string ServiceName = "1.3.6.1.5.5.7.8.7";

    private const string ClientService = "_xmpp-client.";

    private static readonly SubjectNames None = new([], [], [], []);

    private static readonly Asn1Tag OtherName = new(TagClass.ContextSpecific, 0, isConstructed: true);
    private static readonly Asn1Tag DnsName = new(TagClass.ContextSpecific, 2);
    private static readonly Asn1Tag Address = new(TagClass.ContextSpecific, 7);

    /// <summary>As an operator reads them, each with its kind.</summary>
    public IEnumerable<string> Shown =>
    [
        .. Dns.Select(name => $"DNS:{name}"), .. Services.Select(name => $"SRV:{name}"), .. Xmpp.Select(name => $"XMPP:{name}"), .. Addresses.Select(address => $"IP:{address}"),
    ];

    public static SubjectNames Of(X509Certificate2 certificate)
    {
        try
        {
            return certificate.Extensions.FirstOrDefault(extension => extension.Oid?.Value == SubjectAlternativeName) is { } names ? Read(names.RawData) : None;
        }
        catch (AsnContentException)
        {
            // Nobody can be recognized by what cannot be read.
            return None;
        }
    }

    /// <summary>Whether a client that verifies a prepared domain would take it, trust aside (RFC 9525 §6.3, RFC 6120 §13.7.1.2.1).</summary>
    public bool Cover(string domain)
    {
        if (IPAddress.TryParse(domain.Trim('[', ']'), out var address))
        {
            return Addresses.Contains(address);
        }

        return JidEnforcement.DomainToAscii(domain) is { } name && (Dns.Any(pattern => IsMatch(pattern, name))
            || Services.Any(service => string.Equals(service, ClientService + name, StringComparison.OrdinalIgnoreCase))
            || Xmpp.Any(xmpp => JidEnforcement.TryPrepareDomainpart(xmpp, out var prepared) && prepared == domain));
    }

    /// <summary>RFC 9525 §6.3: a wildcard is the whole leftmost label, and stands for exactly one.</summary>
    private static bool IsMatch(string pattern, string name)
    {
        var presented = pattern.TrimEnd('.');
        if (!presented.StartsWith("*.", StringComparison.Ordinal))
        {
            return string.Equals(presented, name, StringComparison.OrdinalIgnoreCase);
        }

        return name.IndexOf('.') is var dot and > 0 && name.AsSpan(dot).Equals(presented.AsSpan(1), StringComparison.OrdinalIgnoreCase);
    }

    private static SubjectNames Read(byte[] extension)
    {
        List<string> dns = [], services = [], xmpp = [];
        var addresses = new List<IPAddress>();
        var names = new AsnReader(extension, AsnEncodingRules.DER).ReadSequence();
        while (names.HasData)
        {
            var tag = names.PeekTag();
            if (tag.HasSameClassAndValue(DnsName))
            {
                dns.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, DnsName));
            }
            else if (tag.HasSameClassAndValue(Address))
            {
                if (names.ReadOctetString(Address) is { Length: 4 or 16 } octets)
                {
                    addresses.Add(new IPAddress(octets));
                }
            }
            else if (tag.HasSameClassAndValue(OtherName))
            {
                ReadOther(names.ReadSequence(OtherName), services, xmpp);
            }
            else
            {
                names.ReadEncodedValue();
            }
        }

        return new SubjectNames([.. dns], [.. services], [.. xmpp], [.. addresses]);
    }

    private static void ReadOther(AsnReader other, List<string> services, List<string> xmpp)
    {
        var kind = other.ReadObjectIdentifier();
        var value = other.ReadSequence(OtherName);
        if (kind == XmppAddress)
        {
            xmpp.Add(value.ReadCharacterString(UniversalTagNumber.UTF8String));
        }
        else if (kind == ServiceName)
        {
            services.Add(value.ReadCharacterString(UniversalTagNumber.IA5String));
        }
    }
}
