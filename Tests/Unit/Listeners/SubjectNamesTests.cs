using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Krewe.Frontend.Listeners;
using Krewe.Tests.Support;

namespace Krewe.Tests.Unit.Listeners;

/// <summary>RFC 9525 §6.3 and RFC 6120 §13.7.1.2: whom a certificate is of.</summary>
public sealed class SubjectNamesTests
{
    private const string XmppAddress = "1.3.6.1.5.5.7.8.5";
    private const string ServiceName = "1.3.6.1.5.5.7.8.7";

    [Theory]
    [InlineData("verona.example", "verona.example", true)]
    [InlineData("VERONA.Example", "verona.example", true)]
    [InlineData("verona.example", "mantua.example", false)]
    [InlineData("verona.example", "a.verona.example", false)]
    [InlineData("a.verona.example", "verona.example", false)]
    [InlineData("*.verona.example", "a.verona.example", true)]
    [InlineData("*.verona.example", "verona.example", false)]
    [InlineData("*.verona.example", "a.b.verona.example", false)]
    [InlineData("*.verona.example", "averona.example", false)]
    [InlineData("a*.verona.example", "ab.verona.example", false)]
    [InlineData("a.*.example", "a.verona.example", false)]
    [InlineData("xn--bcher-kva.example", "b\u00FCcher.example", true)]
    [InlineData("*.b\u00FCcher.example", "a.b\u00FCcher.example", true)]
    [InlineData("127.0.0.1", "127.0.0.1", true)]
    [InlineData("127.0.0.1", "127.0.0.2", false)]
    [InlineData("::1", "[::1]", true)]
    public void Cover_GoesByDnsNamesAndAddresses(string name, string domain, bool isCovered) => Assert.Equal(isCovered, Of(TestAuthority.Dns(name)).Cover(domain));

    [Theory]
    [InlineData(XmppAddress, UniversalTagNumber.UTF8String, "verona.example", true)]
    [InlineData(XmppAddress, UniversalTagNumber.UTF8String, "Verona.Example", true)]
    [InlineData(XmppAddress, UniversalTagNumber.UTF8String, "*.example", false)]
    [InlineData(XmppAddress, UniversalTagNumber.UTF8String, "romeo@verona.example", false)]
    [InlineData(ServiceName, UniversalTagNumber.IA5String, "_xmpp-client.verona.example", true)]
    [InlineData(ServiceName, UniversalTagNumber.IA5String, "_xmpp-server.verona.example", false)]
    [InlineData(ServiceName, UniversalTagNumber.IA5String, "verona.example", false)]
    [InlineData("1.2.3.4", UniversalTagNumber.UTF8String, "verona.example", false)]
    [InlineData(XmppAddress, UniversalTagNumber.IA5String, "verona.example", false)]
    public void Cover_GoesByTheNamesOfXmpp(string kind, UniversalTagNumber type, string value, bool isCovered) =>
        Assert.Equal(isCovered, Of(TestAuthority.Other(kind, type, value)).Cover("verona.example"));

    [Fact]
    public void Cover_DoesNotGoByTheCommonName() => Assert.False(Of(null, "CN=verona.example").Cover("verona.example"));

    [Fact]
    public void Names_ThatCannotBeRead_AreNone()
    {
        var names = Of(new X509Extension("2.5.29.17", [0x30, 0x20, 0x82, 0x01], critical: false));
        Assert.Empty(names.Shown);
        Assert.False(names.Cover("verona.example"));
    }

    [Fact]
    public void Shown_TellsEachKind() => Assert.Equal(["DNS:verona.example", "IP:127.0.0.1"], Of(TestAuthority.Dns("127.0.0.1", "verona.example")).Shown);

    private static SubjectNames Of(X509Extension? names, string subject = "CN=x")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        if (names is not null)
        {
            request.CertificateExtensions.Add(names);
        }

        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1));
        return SubjectNames.Of(certificate);
    }
}
