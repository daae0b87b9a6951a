using System.Net;
using Krewe.Contracts.Hosting;
using Krewe.Silo.Configuration;
using Microsoft.Extensions.Configuration;

namespace Krewe.Tests.Unit.Configuration;

public sealed class KreweConfigurationTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("krewe-configuration-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Read_NothingConfigured_HasTheDocumentedDefaults()
    {
        var options = Good();

        Assert.Contains(new IPEndPoint(IPAddress.Loopback, 5222), options.ListenC2S);
        Assert.Contains(new IPEndPoint(IPAddress.Loopback, 5223), options.ListenC2STls);
        Assert.Contains(new IPEndPoint(IPAddress.Loopback, 5347), options.ListenComponent);
        Assert.Contains(new IPEndPoint(IPAddress.Loopback, 5280), options.ListenHttp);
        Assert.Contains(new IPEndPoint(IPAddress.Loopback, 5281), options.ListenHttps);
        Assert.All(options.ListenC2S, endpoint => Assert.True(IPAddress.IsLoopback(endpoint.Address)));
        Assert.Equal(Path.Combine(_root, "data"), options.Data);
        Assert.Null(options.HostsFolder);
        Assert.Null(options.CertificatesFolder);
        Assert.Empty(options.EgressAllow);
        Assert.Equal(Path.Combine(options.Data, "admin-token"), options.AdminTokenFile);
        Assert.Empty(options.TrustedProxies);
        Assert.Null(options.DefaultHost);
        Assert.Null(options.ExternalUrl);
        Assert.Equal(TimeSpan.FromSeconds(25), options.RefreshDeadline);
        Assert.Equal(300, options.RequestsPerSecond);
        Assert.Equal(100, options.MetricsHosts);
        Assert.Equal(TimeSpan.FromDays(90), options.AuditKeptFor);
    }

    [Theory]
    [InlineData("127.0.0.1:15222", "127.0.0.1:15222")]
    [InlineData(" 0.0.0.0:5222 ; [::1]:5322 ;", "0.0.0.0:5222 [::1]:5322")]
    [InlineData("127.0.0.1:0", "127.0.0.1:0")]
    [InlineData("", "")]
    public void ListenC2S_Good_IsEveryEndpointNamed(string text, string expected) =>
        Assert.Equal(expected, string.Join(' ', Good(("Listen:C2S", text)).ListenC2S));

    [Fact]
    public void ListenC2S_Loopback_IsTheIPv4LoopbackAndOnlyLoopbacks()
    {
        var endpoints = Good(("Listen:C2S", "LOOPBACK:6222")).ListenC2S;

        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 6222), endpoints[0]);
        Assert.All(endpoints, endpoint => Assert.Equal((true, 6222), (IPAddress.IsLoopback(endpoint.Address), endpoint.Port)));
    }

    [Theory]
    [InlineData("10.0.0.0/8", "10.0.0.0/8 any")]
    [InlineData("10.0.0.0/8:8080", "10.0.0.0/8 8080")]
    [InlineData("127.0.0.1", "127.0.0.1/32 any")]
    [InlineData("127.0.0.1:5290;127.0.0.1/32:5291", "127.0.0.1/32 5290,127.0.0.1/32 5291")]
    [InlineData("::1", "::1/128 any")]
    [InlineData("[::1]", "::1/128 any")]
    [InlineData("[::1]:5290", "::1/128 5290")]
    [InlineData("fd00::/8", "fd00::/8 any")]
    [InlineData("[fd00::/8]:443", "fd00::/8 443")]
    [InlineData("0.0.0.0/0; ::/0", "0.0.0.0/0 any,::/0 any")]
    public void EgressAllow_Good_IsNetworksWithPorts(string text, string expected) =>
        Assert.Equal(expected, string.Join(',', Good(("Egress:Allow", text)).EgressAllow.Select(entry => $"{entry.Network} {entry.Port?.ToString() ?? "any"}")));

    [Fact]
    public void EgressAllow_IPv6WithPrefixBehindTheBracket_IsUnderstood() =>
        Assert.Equal(new EgressAllowance(IPNetwork.Parse("fd00::/8"), 443), Assert.Single(Good(("Egress:Allow", "[fd00::]/8:443")).EgressAllow));

    [Theory]
    [InlineData("Listen:C2S", "5222")]
    [InlineData("Listen:C2S", "localhost:5222")]
    [InlineData("Listen:C2S", "127.0.0.1")]
    [InlineData("Listen:C2S", "127.1:5222")]
    [InlineData("Listen:C2S", "::1:5222")]
    [InlineData("Listen:C2STls", "127.0.0.1:65536")]
    [InlineData("Listen:C2STls", "127.0.0.1:-1")]
    [InlineData("Listen:Component", "loopback")]
    [InlineData("Listen:Http", "loopback:http")]
    [InlineData("Listen:Https", "127.0.0.1:5281;*:5281")]
    [InlineData("Hosts", "no-such-folder")]
    [InlineData("Certificates", "no-such-folder")]
    [InlineData("Admin:Token", "two words")]
    [InlineData("Admin:Token", "naïve")]
    [InlineData("Egress:Allow", "internal")]
    [InlineData("Egress:Allow", "10.1.2.3/8")]
    [InlineData("Egress:Allow", "10.0.0.0/33")]
    [InlineData("Egress:Allow", "10.0.0.0/8:0")]
    [InlineData("Egress:Allow", "10.0.0.0/8:65536")]
    [InlineData("Egress:Allow", "[::1]:")]
    [InlineData("Http:TrustedProxies", "10.0.0.0/8:80")]
    [InlineData("Http:TrustedProxies", "proxy.example")]
    [InlineData("Http:DefaultHost", "user@host")]
    [InlineData("Http:RefreshDeadline", "0")]
    [InlineData("Http:RefreshDeadline", "-5")]
    [InlineData("Http:RefreshDeadline", "601")]
    [InlineData("Http:RefreshDeadline", "25s")]
    [InlineData("Http:ExternalUrl", "ftp://host.example/")]
    [InlineData("Http:ExternalUrl", "/relative")]
    [InlineData("Http:RequestsPerSecond", "-1")]
    [InlineData("Http:RequestsPerSecond", "100001")]
    [InlineData("Metrics:Hosts", "-1")]
    [InlineData("Metrics:Hosts", "many")]
    [InlineData("Metrics:Hosts", "10001")]
    [InlineData("Audit:Days", "0")]
    [InlineData("Audit:Days", "3651")]
    [InlineData("Audit:Days", "1.5")]
    [InlineData("Cluster:Provider", "PostgreSQL")]
    [InlineData("Roles", "silo")]
    [InlineData("Roles", "silo;frontend;referee")]
    [InlineData("Listen:C2SS", "loopback:5222")]
    [InlineData("Listen", "loopback:5222")]
    [InlineData("Egress:Allow:0", "10.0.0.0/8")]
    public void Read_ImpossibleValue_IsRefusedUnderItsKey(string key, string value)
    {
        var (options, problems) = Read((key, value));

        Assert.Null(options);
        Assert.StartsWith($"Krewe:{key} ", Assert.Single(problems), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_root, "data")), "a refused start left something behind");
    }

    [Theory]
    [InlineData("Roles", "frontend; silo")]
    [InlineData("Http:ExternalUrl", "https://%host/")]
    [InlineData("Http:RefreshDeadline", "0.5")]
    [InlineData("Http:RequestsPerSecond", "0")]
    [InlineData("Metrics:Hosts", "0")]
    [InlineData("Audit:Days", "3650")]
    [InlineData("Http:TrustedProxies", "10.0.0.0/8;fd00::/8;192.0.2.1")]
    [InlineData("http:defaultHOST", "Verona.Example.")]
    [InlineData("Admin:Token", "abc.DEF-123_~+/==")]
    public void Read_PossibleValue_IsTaken(string key, string value) => Good((key, value));

    [Fact]
    public void Read_ManyImpossibleValues_NamesThemAll()
    {
        var (_, problems) = Read(("Listen:C2S", "x"), ("Metrics:Hosts", "x"), ("Nonsense", "x"), ("Roles", "silo"), ("Cluster:Id", "x"));

        Assert.Equal(4, problems.Count);
        Assert.Contains(problems, problem => problem.StartsWith("Krewe:Cluster:Id, Krewe:Roles needs the Orleans host/cluster support", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("127.0.0.1:5223", true)]
    [InlineData("0.0.0.0:5223", true)]
    [InlineData("[::]:5223", true)]
    [InlineData("127.0.0.2:5223", false)]
    public void Listen_OneAddressForTwoListeners_NamesBoth(string c2s, bool collides)
    {
        var (_, problems) = Read(("Listen:C2S", c2s), ("Listen:C2STls", "127.0.0.1:5223"));

        Assert.Equal(collides, problems.Any(problem => problem.StartsWith("Krewe:Listen:C2S, Krewe:Listen:C2STls ", StringComparison.Ordinal)));
        Assert.Equal(collides ? 1 : 0, problems.Count);
    }

    [Fact]
    public void AdminToken_Configured_IsNotWrittenAnywhere()
    {
        var options = Good(("Admin:Token", "sesame"));

        Assert.Equal(("sesame", null), (options.AdminToken, options.AdminTokenFile));
        Assert.False(File.Exists(Path.Combine(_root, "data", "admin-token")));
    }

    [Fact]
    public void AdminToken_NotConfigured_IsMadeOnceForItsOwnerOnly()
    {
        var first = Good().AdminToken;
        var file = Path.Combine(_root, "data", "admin-token");

        Assert.True(first.Length >= 40);
        Assert.Equal(first, File.ReadAllText(file).Trim());
        Assert.Equal(first, Good().AdminToken);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
    }

    [Fact]
    public void AdminToken_EmptyFile_IsAProblemAndNotAnEmptyToken()
    {
        Directory.CreateDirectory(Path.Combine(_root, "data"));
        File.WriteAllText(Path.Combine(_root, "data", "admin-token"), "\n");

        Assert.StartsWith("Krewe:Admin:Token ", Assert.Single(Read().Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void AdminToken_Impossible_IsNotPrinted() =>
        Assert.DoesNotContain("open sesame", Assert.Single(Read(("Admin:Token", "open sesame")).Problems), StringComparison.Ordinal);

    [Fact]
    public void Data_RelativeAndAbsolute_AreResolvedAgainstTheRoot()
    {
        Assert.Equal(Path.Combine(_root, "state"), Good(("Data", "./state")).Data);
        Assert.Equal(Path.Combine(_root, "elsewhere"), Good(("Data", Path.Combine(_root, "elsewhere"))).Data);
    }

    [Fact]
    public void Data_IsAFile_IsRefused()
    {
        File.WriteAllText(Path.Combine(_root, "data"), "");

        Assert.StartsWith("Krewe:Data ", Assert.Single(Read().Problems), StringComparison.Ordinal);
    }

    private KreweOptions Good(params (string Key, string Value)[] settings)
    {
        var (options, problems) = Read(settings);
        Assert.Empty(problems);
        return Assert.IsType<KreweOptions>(options);
    }

    private (KreweOptions? Options, IReadOnlyList<string> Problems) Read(params (string Key, string Value)[] settings) =>
        KreweConfiguration.Read(
            new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create($"Krewe:{setting.Key}", (string?)setting.Value))).Build(), _root);
}
