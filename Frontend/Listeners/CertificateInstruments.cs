using System.Diagnostics.Metrics;
using Krewe.Frontend.Observability;

namespace Krewe.Frontend.Listeners;

/// <summary>When the certificates that this process shows end, in meter <c>Krewe.Certificates</c>: of the hosts that had a handshake here, as the others' are not in memory.</summary>
internal static class CertificateInstruments
{
    public const string MeterName = "Krewe.Certificates";

    public static void Observe(IMeterFactory meters, TlsCertificates certificates, TimeProvider time) => meters.Create(MeterName).CreateObservableGauge(
        "krewe.certificate.expiry",
        () => certificates.InUse.Select(used => new Measurement<double>(
            (used.Certificate.NotAfter - time.GetUtcNow()).TotalSeconds,
            KeyValuePair.Create(TagSet.HostKey, (object?)used.Domain),
            KeyValuePair.Create("source", (object?)CertificateWords.NameOf(used.Certificate.Source)))),
        "s",
        "Time until a certificate ends; of hosts without a label of their own, the earliest end");
}
