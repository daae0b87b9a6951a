using System.Globalization;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Listeners;

namespace Krewe.Frontend.Doctor;

/// <summary>The certificate that a client of a host would be shown now (RFC 6125 §6, RFC 6120 §13.7).</summary>
internal sealed class CertificateExamination(TlsCertificates certificates, TimeProvider time)
{
    private const string Subject = "certificate";

    public async Task<IReadOnlyList<DoctorItem>> ExamineAsync(HostSettings host)
    {
        var (shown, fromApi) = await certificates.ReloadAsync(host.Domain);
        var now = time.GetUtcNow();
        var items = new List<DoctorItem>();
        if (!shown.Covers(host.Domain))
        {
            items.Add(DoctorItem.Bad(Subject, $"The certificate does not name {host.Domain}: clients refuse it."));
        }

        if (shown.NotAfter <= now)
        {
            items.Add(DoctorItem.Bad(Subject, $"The certificate expired on {Day(shown)}: clients refuse it."));
        }
        else if (!shown.IsValidAt(now))
        {
            items.Add(DoctorItem.Bad(Subject, "The certificate is not valid yet: clients refuse it."));
        }
        else if (shown.NotAfter - now < CertificateWords.WarnBefore)
        {
            items.Add(DoctorItem.Note(Subject, $"The certificate expires on {Day(shown)}, in {CertificateWords.DaysLeft(shown, now)} days: put a new one in its place."));
        }

        if (shown.Certificate.SubjectName.RawData.AsSpan().SequenceEqual(shown.Certificate.IssuerName.RawData))
        {
            items.Add(DoctorItem.Note(Subject, "The certificate is self-signed: clients ask their users whether they trust it, or refuse it."));
        }

        if (fromApi is not null && fromApi != shown)
        {
            items.Add(DoctorItem.Note(Subject, $"The certificate that was put through the API ended on {Day(fromApi)}, and another one is shown in its place."));
        }

        return items.Count > 0 ? items : [DoctorItem.Ok(Subject, $"Clients are shown a certificate for {host.Domain} that is valid until {Day(shown)}.")];
    }

    private static string Day(ServerCertificate certificate) => certificate.NotAfter.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
