using Krewe.Contracts.Certificates;

namespace Krewe.Grains.Certificates;

/// <summary>What is stored of a host's certificate.</summary>
/// <remarks>
/// The private key is kept as it is, in a file that its owner alone may read. A key to encrypt it with would have to lie beside that file, and in each of its backups:
/// whoever reads the one reads the other, as with the hosts' other secrets.
/// </remarks>
[GenerateSerializer, Immutable, Alias("certificate-state")]
internal sealed record CertificateState
{
    [Id(0)]
    public HostCertificate? Certificate { get; init; }

    [Id(1)]
    public long Version { get; init; }
}
