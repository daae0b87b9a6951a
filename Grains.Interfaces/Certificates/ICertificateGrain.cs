namespace Krewe.Contracts.Certificates;

/// <summary>A certificate as it was put through the API, in PEM (RFC 7468): for handshakes alone. No endpoint shows <paramref name="Key"/>.</summary>
/// <param name="Chain">The host's own certificate first, then what leads to an authority.</param>
[GenerateSerializer, Immutable, Alias("host-certificate")]
public sealed record HostCertificate([property: Id(0)] string Chain, [property: Id(1)] string Key)
{
    /// <summary>Never the key.</summary>
    public override string ToString() => nameof(HostCertificate);
}

/// <summary>What there is for a host.</summary>
/// <param name="Version">Greater with each change; 0 when there is none.</param>
/// <param name="Certificate">Null when there is none, or it is the one that the caller has.</param>
[GenerateSerializer, Immutable, Alias("host-certificate-answer")]
public sealed record HostCertificateAnswer([property: Id(0)] long Version, [property: Id(1)] HostCertificate? Certificate)
{
    public static readonly HostCertificateAnswer None = new(0, null);
}

/// <summary>
/// The certificate that a host was given through the API (contract §4). Key: the host's prepared domain. On disk when a change returns; whoever puts one has checked it.
/// </summary>
[Alias("certificate")]
public interface ICertificateGrain : IGrainWithStringKey
{
    /// <param name="known">The version that the caller has; 0 for none.</param>
    [Alias("get")]
    Task<HostCertificateAnswer> GetAsync(long known);

    /// <summary>True when there was none.</summary>
    [Alias("put")]
    Task<bool> PutAsync(HostCertificate certificate);

    /// <summary>False when there was none.</summary>
    [Alias("clear")]
    Task<bool> ClearAsync();
}
