using System.Diagnostics;
using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using Krewe.Frontend.Http;
using Krewe.Frontend.Listeners;
using Krewe.Tests.Support;

namespace Krewe.Tests.Unit.Listeners;

/// <summary>Contract §4: what is no certificate for the host, with its key, is refused by path.</summary>
public sealed class CertificateRulesTests : IDisposable
{
    private const string Chain = CertificatePem.ChainPath;
    private const string Key = CertificatePem.KeyPath;

    private readonly TestAuthority _authority = new();

    /// <summary>A little later than it is, for what is made while the test runs.</summary>
    private readonly DateTimeOffset _now = DateTimeOffset.UtcNow.AddMinutes(1);

    public void Dispose() => _authority.Dispose();

    public static TheoryData<string> SoundKeys => ["rsa2048", "rsa4096", "p256", "p384", "p521"];

    [Theory]
    [MemberData(nameof(SoundKeys))]
    public void Certificate_OfASoundKey_IsTaken_AndComesOutAsItWentIn(string kind)
    {
        var (chain, key, leaf) = _authority.Issue(["verona.example", "*.verona.example"], KeyOf(kind));
        var problems = new List<ProblemPlace>();
        var pem = CertificatePem.Read("Subject: somebody\n" + chain, "a comment\n" + key, problems)!;
        CertificateRules.Check(pem, "verona.example", _now, problems);

        Assert.Empty(problems);
        var (chainOut, keyOut) = pem.Export();
        Assert.DoesNotContain("somebody", chainOut, StringComparison.Ordinal);
        Assert.DoesNotContain("comment", keyOut, StringComparison.Ordinal);
        var again = CertificatePem.Read(chainOut, keyOut, problems)!;
        Assert.Equal(leaf.RawData, again.Leaf.RawData);
        Assert.Equal([_authority.Intermediate.RawData], again.Intermediates.Select(one => one.RawData));
    }

    [Theory]
    [InlineData("rsa1024", Key, "bits")]
    [InlineData("secp256k1", Key, "curve")]
    public void Certificate_OfAWeakKey_IsRefused(string kind, string path, string word) =>
        AssertRefused(_authority.Issue(["verona.example"], KeyOf(kind)), path, word);

    /// <summary>To sign once with it takes as long as a hundred handshakes: it is refused before anything is done with it.</summary>
    [Fact]
    public void Key_ThatIsTooLarge_IsRefusedByItsSize()
    {
        var problems = new List<ProblemPlace>();
        Assert.Null(CertificatePem.Read(_authority.Issue(["verona.example"]).Chain, LargeKey(1088), problems));

        var problem = Assert.Single(problems);
        Assert.Equal((Key, "must have 2048 to 8192 bits, and has 8704"), (problem.Path, problem.Message));
    }

    [Fact]
    public void Certificate_ThatEnded_IsRefused() => AssertRefused(_authority.Issue(["verona.example"], until: _now.AddMinutes(-1)), Chain, "was valid until");

    [Fact]
    public void Certificate_ThatIsNotValidYet_IsRefused() => AssertRefused(_authority.Issue(["verona.example"], from: _now.AddMinutes(5)), Chain, "is not valid before");

    [Theory]
    [InlineData("mantua.example")]
    [InlineData("*.verona.example")]
    public void Certificate_OfAnotherHost_IsRefused(string name) => AssertRefused(_authority.Issue([name]), Chain, "does not name verona.example");

    [Fact]
    public void Certificate_WithTheHostAsXmppAddressAlone_IsTaken() =>
        Assert.Empty(Check(_authority.Issue([], alternativeNames: TestAuthority.Other("1.3.6.1.5.5.7.8.5", UniversalTagNumber.UTF8String, "verona.example"))));

    [Theory]
    [InlineData("rsa:2048 -sha1")]
    [InlineData("ec -pkeyopt ec_paramgen_curve:P-256 -sha1")]
    public async Task Certificate_SignedWithSha1_IsRefused(string algorithms)
    {
        var arguments = $"req -x509 -newkey {algorithms} -nodes -days 30 -subj /CN=x -addext subjectAltName=DNS:verona.example -keyout - -out -";
        using var openssl = Process.Start(new ProcessStartInfo("openssl", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = openssl.StandardError.ReadToEndAsync();
        var pem = await openssl.StandardOutput.ReadToEndAsync();
        await openssl.WaitForExitAsync();
        Assert.True(openssl.ExitCode == 0, await errors);
        var begin = pem.IndexOf("-----BEGIN CERTIFICATE", StringComparison.Ordinal);

        AssertRefused(new(pem[begin..], pem[..begin], null!), Chain, "SHA-1");
    }

    [Fact]
    public void Certificate_ThatIsNotForServers_IsRefused()
    {
        AssertRefused(_authority.Issue(["verona.example"], purpose: "1.3.6.1.5.5.7.3.2"), Chain, "serverAuth");
        Assert.Empty(Check(_authority.Issue(["verona.example"], purpose: "1.3.6.1.5.5.7.3.1")));
    }

    [Fact]
    public void Everything_IsToldAtOnce()
    {
        var issued = _authority.Issue(["mantua.example"], KeyOf("rsa1024"), until: _now.AddMinutes(-1));
        Assert.Equal([Chain, Chain, Key], Check(issued).Select(problem => problem.Path).Order());
    }

    public static TheoryData<string, string, string> Malformed => new()
    {
        { "", "", $"{Chain} {Key}" },
        { "certificate", "", Key },
        { "", "key", Chain },
        { "nonsense", "nonsense", $"{Chain} {Key}" },
        { "bad block", "key", Chain },
        { "key", "key", Chain },
        { "certificate and key", "key", Chain },
        { "eleven", "key", Chain },
        { "certificate", "certificate", Key },
        { "certificate", "encrypted", Key },
        { "certificate", "two keys", Key },
        { "certificate", "public", Key },
        { "certificate", "another key", Key },
        { "certificate", "key of another kind", Key },
        { "authority first", "key", Key },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void Pem_ThatIsNoChainWithItsKey_IsRefusedByPath(string certificate, string key, string paths)
    {
        var own = (ECDsa)KeyOf("p256");
        var issued = _authority.Issue(["verona.example"], own);
        var problems = new List<ProblemPlace>();

        Assert.Null(CertificatePem.Read(Text(certificate), Text(key), problems));

        Assert.Equal(paths.Split(' '), problems.Select(problem => problem.Path));
        Assert.DoesNotContain(problems, problem => problem.Message.Contains("MII", StringComparison.Ordinal));

        string Text(string what) => what switch
        {
            "" => "",
            "nonsense" => "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----",
            "bad block" => "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" + issued.Chain,
            "certificate" => issued.Chain,
            "certificate and key" => issued.Chain + issued.Key,
            "eleven" => string.Concat(Enumerable.Repeat(issued.Leaf.ExportCertificatePem() + "\n", 11)),
            "authority first" => _authority.Intermediate.ExportCertificatePem() + "\n" + issued.Leaf.ExportCertificatePem(),
            "key" => issued.Key,
            "two keys" => issued.Key + "\n" + issued.Key,
            "encrypted" => own.ExportEncryptedPkcs8PrivateKeyPem("password", new PbeParameters(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, 1000)),
            "public" => own.ExportSubjectPublicKeyInfoPem(),
            "another key" => KeyOf("p256").ExportPkcs8PrivateKeyPem(),
            "key of another kind" => KeyOf("rsa2048").ExportPkcs8PrivateKeyPem(),
            _ => throw new ArgumentException(what),
        };
    }

    [Theory]
    [InlineData("rsa2048")]
    [InlineData("p256")]
    public void Key_InItsTraditionalForm_IsTaken(string kind)
    {
        var key = KeyOf(kind);
        var issued = _authority.Issue(["verona.example"], key);
        var text = key is RSA rsa ? rsa.ExportRSAPrivateKeyPem() : ((ECDsa)key).ExportECPrivateKeyPem();
        Assert.NotNull(CertificatePem.Read(issued.Chain, text, []));
    }

    private static AsymmetricAlgorithm KeyOf(string kind) => kind switch
    {
        "rsa1024" => RSA.Create(1024),
        "rsa2048" => RSA.Create(2048),
        "rsa4096" => RSA.Create(4096),
        "p256" => ECDsa.Create(ECCurve.NamedCurves.nistP256),
        "p384" => ECDsa.Create(ECCurve.NamedCurves.nistP384),
        "p521" => ECDsa.Create(ECCurve.NamedCurves.nistP521),
        "secp256k1" => ECDsa.Create(ECCurve.CreateFromValue("1.3.132.0.10")),
        _ => throw new ArgumentException(kind),
    };

    /// <summary>An RSA key in all but that its factors are no primes (RFC 8017 §A.1.2), which would take ten seconds to find.</summary>
    private static string LargeKey(int octets)
    {
        BigInteger exponent = 65537;
        while (true)
        {
            var (p, q) = (Odd(octets / 2), Odd(octets / 2));
            if (Inverse(exponent, (p - 1) * (q - 1) / BigInteger.GreatestCommonDivisor(p - 1, q - 1)) is { } secret && Inverse(q, p) is { } coefficient)
            {
                var key = new AsnWriter(AsnEncodingRules.DER);
                using (key.PushSequence())
                {
                    foreach (var number in (BigInteger[])[0, p * q, exponent, secret, p, q, secret % (p - 1), secret % (q - 1), coefficient])
                    {
                        key.WriteInteger(number);
                    }
                }

                return PemEncoding.WriteString("RSA PRIVATE KEY", key.Encode());
            }
        }
    }

    private static BigInteger Odd(int octets)
    {
        var bytes = RandomNumberGenerator.GetBytes(octets);
        (bytes[0], bytes[^1]) = ((byte)(bytes[0] | 0xC0), (byte)(bytes[^1] | 1));
        return new BigInteger(bytes, isUnsigned: true, isBigEndian: true);
    }

    /// <summary>Null where there is none.</summary>
    private static BigInteger? Inverse(BigInteger number, BigInteger modulus)
    {
        var (rest, next, inverse, following) = (modulus, number % modulus, BigInteger.Zero, BigInteger.One);
        while (next > 0)
        {
            var times = rest / next;
            (rest, next, inverse, following) = (next, rest - (times * next), following, inverse - (times * following));
        }

        return rest.IsOne ? (inverse + modulus) % modulus : null;
    }

    private List<ProblemPlace> Check(TestCertificate issued)
    {
        var problems = new List<ProblemPlace>();
        var pem = CertificatePem.Read(issued.Chain, issued.Key, problems);
        Assert.Empty(problems);
        CertificateRules.Check(pem!, "verona.example", _now, problems);
        return problems;
    }

    private void AssertRefused(TestCertificate issued, string path, string word)
    {
        var problem = Assert.Single(Check(issued));
        Assert.Equal(path, problem.Path);
        Assert.Contains(word, problem.Message, StringComparison.Ordinal);
    }
}
