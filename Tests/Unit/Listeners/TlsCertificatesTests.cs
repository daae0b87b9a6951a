using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Krewe.Contracts.Certificates;
using Krewe.Contracts.Hosting;
using Krewe.Frontend.Listeners;
using Krewe.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Krewe.Tests.Unit.Listeners;

/// <summary>Contract §2 (Krewe:Certificates), RFC 6120 §13.7, RFC 5929 §4.1: which certificate, from where, and what binds to it.</summary>
public sealed class TlsCertificatesTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("krewe-certificates-").FullName;
    private readonly StoppedTime _time = new();
    private readonly Warnings _warnings = new();
    private readonly HashSet<string> _hosts = ["verona.example", "mantua.example", "b\u00FCcher.example"];
    private readonly TestAuthority _authority = new();
    private readonly Dictionary<string, HostCertificateAnswer> _api = [];
    private readonly TlsCertificates _certificates;
    private Exception? _failure;

    public TlsCertificatesTests()
    {
        Directory.CreateDirectory(Folder);
        _certificates = Certificates();
    }

    private string Folder => Path.Combine(_root, "folder");

    private string Data => Path.Combine(_root, "data");

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    [Theory]
    [InlineData("verona.example", "mantua.example", "verona.example")]
    [InlineData("VERONA.example.", null, "verona.example")]
    [InlineData(null, "mantua.example", "mantua.example")]
    [InlineData("", "mantua.example", "mantua.example")]
    [InlineData("paris.example", "mantua.example", "mantua.example")]
    [InlineData("xn--bcher-kva.example", null, "b\u00FCcher.example")]
    [InlineData(null, "b\u00FCcher.example", "b\u00FCcher.example")]
    [InlineData("paris.example", null, "localhost")]
    [InlineData(null, null, "localhost")]
    [InlineData("../verona.example", "a/b", "localhost")]
    public async Task Select_GoesBySniThenByTo(string? sni, string? to, string expected)
    {
        var selected = await _certificates.SelectAsync(sni, to);
        Assert.True(selected.Covers(expected));
        Assert.DoesNotContain(_hosts.Append("localhost").Except([expected]), selected.Covers);
        Assert.Same(selected, await _certificates.SelectAsync(sni, to));
    }

    [Fact]
    public async Task Select_OfUnknownNames_FillsNothing()
    {
        for (var i = 0; i < 100; i++)
        {
            await _certificates.SelectAsync($"host{i}.example", $"to{i}.example");
        }

        Assert.Equal(1, _certificates.Count);
        Assert.Single(Directory.GetFiles(Path.Combine(Data, "certificates")));
    }

    [Fact]
    public async Task Select_OfMoreHostsThanTheLimit_ForgetsTheLeastUsed()
    {
        var certificates = new TlsCertificates(
            new KreweOptions { Data = Data, AdminToken = "x" }, _ => ValueTask.FromResult(true), FromApi, _time, _warnings, certificatesMax: 4);
        var first = await certificates.SelectAsync("host0.example", null);
        for (var i = 1; i < 10; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            await certificates.SelectAsync($"host{i}.example", null);
            _time.Advance(TimeSpan.FromMilliseconds(1));
            Assert.Same(first, await certificates.SelectAsync("host0.example", null));
            Assert.InRange(certificates.Count, 1, 4);
        }

        Assert.Equal(10, Directory.GetFiles(Path.Combine(Data, "certificates")).Length);
    }

    [Fact]
    public void SslStream_ExportsNoKeyingMaterial() =>

        // As soon as it does, tls-exporter is to be offered (RFC 9266 §3).
        Assert.DoesNotContain(typeof(SslStream).GetMembers(), member => member.Name.Contains("Keying", StringComparison.Ordinal));

    [Fact]
    public async Task Select_OfUnknownNames_GivesTheConfiguredDefault() =>
        Assert.True((await Certificates(defaultHost: "Mantua.example").SelectAsync("paris.example", null)).Covers("mantua.example"));

    [Fact]
    public async Task SelfSigned_IsMadeOnceAndKept()
    {
        // Many handshakes at once make one certificate.
        var selected = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(async () => await _certificates.SelectAsync("verona.example", null))));
        Assert.Single(selected.Distinct());
        Assert.Equal(["verona.example"], _warnings.Domains);

        var path = Path.Combine(Data, "certificates", "verona.example.pem");
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }

        Assert.Equal(["verona.example.pem"], Directory.GetFiles(Path.GetDirectoryName(path)!).Select(Path.GetFileName));

        var certificate = selected[0].Certificate;
        Assert.True(certificate.HasPrivateKey);
        Assert.Equal("1.2.840.10045.2.1", certificate.PublicKey.Oid.Value);
        Assert.InRange(certificate.NotAfter.ToUniversalTime() - _time.GetUtcNow().UtcDateTime, TimeSpan.FromDays(366), TimeSpan.FromDays(825));

        var again = await Certificates().SelectAsync("verona.example", null);
        Assert.Equal(certificate.RawData, again.Certificate.RawData);
    }

    [Fact]
    public async Task SelfSigned_ThatEndsSoon_IsMadeAnew()
    {
        var first = await _certificates.SelectAsync("verona.example", null);
        _time.Advance(SelfSignedCertificates.ValidFor - SelfSignedCertificates.RenewBefore + TimeSpan.FromHours(1));
        var second = await _certificates.SelectAsync("verona.example", null);
        Assert.NotEqual(first.Certificate.RawData, second.Certificate.RawData);
        Assert.Equal(second.Certificate.RawData, (await Certificates().SelectAsync("verona.example", null)).Certificate.RawData);
    }

    [Fact]
    public async Task SelfSigned_ThatIsCutOff_IsMadeAnew()
    {
        var first = await _certificates.SelectAsync("verona.example", null);
        var path = Path.Combine(Data, "certificates", "verona.example.pem");
        await File.WriteAllTextAsync(path, (await File.ReadAllTextAsync(path))[..200]);
        Assert.NotEqual(first.Certificate.RawData, (await Certificates().SelectAsync("verona.example", null)).Certificate.RawData);
    }

    [Fact]
    public async Task Files_ThatChange_AreReadAgain()
    {
        var first = Write("verona.example", "verona.example");
        Assert.Equal(first, (await _certificates.SelectAsync("verona.example", null)).Certificate.RawData);

        var second = Write("verona.example", "verona.example");
        Assert.Equal(first, (await _certificates.SelectAsync("verona.example", null)).Certificate.RawData);
        _time.Advance(TlsCertificates.CheckEvery);
        Assert.Equal(second, (await _certificates.SelectAsync("verona.example", null)).Certificate.RawData);
        Assert.Empty(_warnings.Domains);
        Assert.False(Directory.Exists(Path.Combine(Data, "certificates")));
    }

    [Fact]
    public async Task Files_ThatComeLater_ReplaceTheSelfSigned()
    {
        await _certificates.SelectAsync("b\u00FCcher.example", null);
        var written = Write("xn--bcher-kva.example", "xn--bcher-kva.example");
        _time.Advance(TlsCertificates.CheckEvery);
        Assert.Equal(written, (await _certificates.SelectAsync("b\u00FCcher.example", null)).Certificate.RawData);
    }

    [Theory]
    [InlineData(".crt", "no certificate")]
    [InlineData(".key", "no key")]
    [InlineData(".key", "the key of another")]
    public async Task Files_ThatAreBroken_LeaveWhatWasThere(string extension, string content)
    {
        var good = Write("verona.example", "verona.example");
        Assert.Equal(good, (await _certificates.SelectAsync("verona.example", null)).Certificate.RawData);

        if (content == "the key of another")
        {
            using var other = ECDsa.Create();
            content = other.ExportPkcs8PrivateKeyPem();
        }

        await File.WriteAllTextAsync(Path.Combine(Folder, "verona.example" + extension), content);
        for (var i = 0; i < 3; i++)
        {
            _time.Advance(TlsCertificates.CheckEvery);
            Assert.Equal(good, (await _certificates.SelectAsync("verona.example", null)).Certificate.RawData);
        }

        // Once, not at every look.
        Assert.Equal(["verona.example"], _warnings.Domains);

        var mended = Write("verona.example", "verona.example");
        _time.Advance(TlsCertificates.CheckEvery);
        Assert.Equal(mended, (await _certificates.SelectAsync("verona.example", null)).Certificate.RawData);
    }

    [Fact]
    public async Task Files_ThatAreBrokenFromTheStart_GiveASelfSigned()
    {
        Write("verona.example", "verona.example");
        await File.WriteAllTextAsync(Path.Combine(Folder, "verona.example.crt"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        Assert.True((await _certificates.SelectAsync("verona.example", null)).Covers("verona.example"));
        Assert.Equal(2, _warnings.Domains.Count);
    }

    [Fact]
    public async Task Files_OfAnotherName_AreUsedWithAWarning()
    {
        var written = Write("verona.example", "paris.example");
        Assert.Equal(written, (await _certificates.SelectAsync("verona.example", null)).Certificate.RawData);
        Assert.Equal(["verona.example"], _warnings.Domains);
    }

    [Fact]
    public async Task FromApi_ThatIsPut_IsUsedInPlaceOfTheSelfSigned_UntilItIsTakenBack()
    {
        var own = (await _certificates.SelectAsync("verona.example", null)).Certificate.RawData;
        var put = Put("verona.example", 1);

        // Another process finds out at its next look; the one where it was put, before it says so.
        Assert.Equal(own, (await _certificates.SelectAsync("verona.example", null)).Certificate.RawData);
        _time.Advance(TlsCertificates.CheckEvery);
        var used = await _certificates.SelectAsync("verona.example", null);
        Assert.Equal(put, used.Certificate.RawData);
        Assert.Equal(CertificateSource.Api, used.Source);
        Assert.Equal([_authority.Intermediate.RawData], used.Context.IntermediateCertificates.Select(one => one.RawData));

        var renewed = Put("verona.example", 2);
        Assert.Equal(renewed, (await _certificates.ReloadAsync("verona.example")).InUse.Certificate.RawData);
        Assert.Equal(renewed, (await _certificates.SelectAsync(null, "verona.example")).Certificate.RawData);

        _api.Clear();
        Assert.Equal(own, (await _certificates.ReloadAsync("verona.example")).InUse.Certificate.RawData);
    }

    [Fact]
    public async Task FromApi_GoesBeforeTheFile_WhileItIsInItsTime()
    {
        var file = Write("verona.example", "verona.example");
        var put = Put("verona.example", 1, until: _time.GetUtcNow().AddDays(2));
        Assert.Equal(put, (await _certificates.SelectAsync("verona.example", null)).Certificate.RawData);

        _time.Advance(TimeSpan.FromDays(3));
        var (inUse, fromApi) = await _certificates.ReloadAsync("verona.example");
        Assert.Equal(file, inUse.Certificate.RawData);
        Assert.Equal(CertificateSource.File, inUse.Source);
        Assert.Equal(put, fromApi!.Certificate.RawData);
        Assert.Contains("put through the API ended", CertificateWords.Warning(inUse, fromApi, "verona.example", _time.GetUtcNow()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task FromApi_ThatEnded_IsStillBetterThanASelfSigned()
    {
        var put = Put("verona.example", 1, until: _time.GetUtcNow().AddDays(2));
        _time.Advance(TimeSpan.FromDays(3));
        Assert.Equal(put, (await _certificates.SelectAsync("verona.example", null)).Certificate.RawData);
        Assert.Empty(_warnings.Domains);
    }

    [Fact]
    public async Task FromApi_ThatCannotBeAskedFor_LeavesWhatWasThere()
    {
        var put = Put("verona.example", 1);
        Assert.Equal(put, (await _certificates.SelectAsync("verona.example", null)).Certificate.RawData);

        _failure = new TimeoutException();
        _time.Advance(TlsCertificates.CheckEvery);
        Assert.Equal(put, (await _certificates.SelectAsync("verona.example", null)).Certificate.RawData);
        Assert.Equal(["verona.example"], _warnings.Domains);

        // A host that nothing is known of gets no self-signed one in the place of its own.
        await Assert.ThrowsAsync<TimeoutException>(async () => await _certificates.SelectAsync("mantua.example", null));
        Assert.False(Directory.Exists(Path.Combine(Data, "certificates")));
    }

    [Fact]
    public async Task Forget_LeavesNothingToWhoeverGetsTheDomainNext()
    {
        Put("verona.example", 1);
        await _certificates.SelectAsync("verona.example", null);
        _api.Clear();
        _certificates.Forget("verona.example");
        Assert.Equal(CertificateSource.SelfSigned, (await _certificates.SelectAsync("verona.example", null)).Source);
    }

    [Theory]
    [InlineData("rsa:2048", "-sha256", "sha256")]
    [InlineData("rsa:2048", "-sha384", "sha384")]
    [InlineData("rsa:2048", "-sha512", "sha512")]
    [InlineData("rsa:2048", "-sha1", "sha256")]
    [InlineData("ec -pkeyopt ec_paramgen_curve:P-256", "-sha256", "sha256")]
    [InlineData("ec -pkeyopt ec_paramgen_curve:P-384", "-sha384", "sha384")]
    [InlineData("ec -pkeyopt ec_paramgen_curve:P-256", "-sha512", "sha512")]
    [InlineData("ec -pkeyopt ec_paramgen_curve:P-256", "-sha224", null)]
    [InlineData("rsa:2048", "-sha256 -sigopt rsa_padding_mode:pss", null)]
    public async Task EndPointHash_IsTheFingerprintThatOpensslFinds(string key, string digest, string? fingerprint)
    {
        var path = Path.Combine(Folder, "verona.example");
        await OpensslAsync($"req -x509 -newkey {key} {digest} -nodes -days 30 -subj /CN=x -addext subjectAltName=DNS:verona.example -keyout {path}.key -out {path}.crt");
        var hash = (await _certificates.SelectAsync("verona.example", null)).EndPointHash;
        var expected = fingerprint is null ? "" : (await OpensslAsync($"x509 -in {path}.crt -noout -fingerprint -{fingerprint}")).Split('=')[1].Trim().Replace(":", "");
        Assert.Equal(expected, Convert.ToHexString(hash.Span));
    }

    [Fact]
    public async Task EndPointHash_OfOurOwnCertificates_IsDefined()
    {
        var selected = await _certificates.SelectAsync("verona.example", null);
        Assert.Equal(SHA256.HashData(selected.Certificate.RawData), selected.EndPointHash.ToArray());
    }

    [Fact]
    public async Task Handshake_WithTheSelectedContext_ShowsItsCertificateAndChain()
    {
        using var root = Authority("CN=a root", null);
        using var authority = Authority("CN=an authority", root);
        var leaf = Write("verona.example", "verona.example", authority);

        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var server = Task.Run(async () =>
        {
            using var accepted = await listener.AcceptTcpClientAsync();
            await using var stream = new SslStream(accepted.GetStream());
            await stream.AuthenticateAsServerAsync(
                async (_, hello, _, _) => new SslServerAuthenticationOptions
                {
                    ServerCertificateContext = (await _certificates.SelectAsync(hello.ServerName, null)).Context,
                },
                null);
            await stream.WriteAsync(new byte[1]);
        });

        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        byte[]? shown = null;
        await using var tls = new SslStream(client.GetStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "verona.example",
            RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
            {
                shown = certificate!.GetRawCertData();
                return chain!.ChainPolicy.ExtraStore.Any(extra => extra.RawData.AsSpan().SequenceEqual(authority.RawData));
            },
        });
        Assert.Equal(1, await tls.ReadAsync(new byte[1]));
        await server;
        Assert.Equal(leaf, shown);
    }

    private static X509Certificate2 Authority(string subject, X509Certificate2? issuer)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var (from, until) = (DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        if (issuer is null)
        {
            return request.CreateSelfSigned(from, until);
        }

        using var certificate = request.Create(issuer, from, until, RandomNumberGenerator.GetBytes(8));
        return certificate.CopyWithPrivateKey(key);
    }

    private static async Task<string> OpensslAsync(string arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("openssl", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await error);
        return output;
    }

    /// <summary>Writes a pair of files; the time of writing differs from that of the pair before.</summary>
    private byte[] Write(string name, string subject, X509Certificate2? issuer = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={subject}", key, HashAlgorithmName.SHA256);
        var alternative = new SubjectAlternativeNameBuilder();
        alternative.AddDnsName(subject);
        request.CertificateExtensions.Add(alternative.Build());
        var (from, until) = (DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(20));
        using var certificate = issuer is null ? request.CreateSelfSigned(from, until) : request.Create(issuer, from, until, RandomNumberGenerator.GetBytes(8));
        var path = Path.Combine(Folder, name);
        var before = File.Exists(path + ".crt") ? File.GetLastWriteTimeUtc(path + ".crt") : DateTime.UtcNow;
        File.WriteAllText(path + ".crt", certificate.ExportCertificatePem() + "\n" + issuer?.ExportCertificatePem());
        File.WriteAllText(path + ".key", key.ExportPkcs8PrivateKeyPem());
        File.SetLastWriteTimeUtc(path + ".crt", before.AddSeconds(1));
        return certificate.RawData;
    }

    private Task<HostCertificateAnswer> FromApi(string domain, long known) =>
        _failure is { } failure ? Task.FromException<HostCertificateAnswer>(failure)
        : Task.FromResult(!_api.TryGetValue(domain, out var put) ? HostCertificateAnswer.None : put.Version == known ? put with { Certificate = null } : put);

    /// <summary>As if put through the API.</summary>
    private byte[] Put(string domain, long version, DateTimeOffset? until = null)
    {
        var (chain, key, leaf) = _authority.Issue([domain], until: until);
        _api[domain] = new HostCertificateAnswer(version, new HostCertificate(chain, key));
        using (leaf)
        {
            return leaf.RawData;
        }
    }

    private TlsCertificates Certificates(string? defaultHost = null) => new(
        new KreweOptions { Data = Data, AdminToken = "x", CertificatesFolder = Folder, DefaultHost = defaultHost },
        domain => ValueTask.FromResult(_hosts.Contains(domain)),
        FromApi,
        _time,
        _warnings);

    private sealed class StoppedTime : TimeProvider
    {
        private DateTimeOffset _now = DateTimeOffset.UtcNow;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now.Ticks;

        public override DateTimeOffset GetUtcNow() => _now;

        internal void Advance(TimeSpan by) => _now += by;
    }

    private sealed class Warnings : ILogger<TlsCertificates>
    {
        internal List<string> Domains { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Assert.Equal(LogLevel.Warning, logLevel);
            lock (Domains)
            {
                Domains.Add((string)((IReadOnlyList<KeyValuePair<string, object?>>)state!).First(pair => pair.Key == "Domain").Value!);
            }
        }
    }
}
