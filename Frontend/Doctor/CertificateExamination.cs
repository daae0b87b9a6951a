using System.Globalization;
using Krewe.Frontend.Listeners;

namespace Krewe.Frontend.Doctor;

/// <summary>The certificate that a client of a host would be shown now (RFC 6125 §6, RFC 6120 §13.7).</summary>
internal sealed class CertificateExamination(TlsCertificates certificates, TimeProvider time)
{
    /// <summary>Below this much time left somebody should see to a new one.</summary>
    public static readonly TimeSpan EndingWithin = TimeSpan.FromDays(21);

    private const string Subject = "certificate";

    public async ValueTask<IReadOnlyList<DoctorItem>> ExamineAsync(string domain)
    {
        var shown = await certificates.SelectAsync(domain, null);
        var certificate = shown.Certificate;
        var (begins, ends, now) = (certificate.NotBefore.ToUniversalTime(), certificate.NotAfter.ToUniversalTime(), time.GetUtcNow().UtcDateTime);
        var day = ends.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var items = new List<DoctorItem>();
        if (!shown.Covers(domain))
        {
            items.Add(DoctorItem.Bad(Subject, $"The certificate does not name {domain}: clients refuse it."));
        }

        if (ends <= now)
        {
            items.Add(DoctorItem.Bad(Subject, $"The certificate expired on {day}: clients refuse it."));
        }
        else if (begins > now)
        {
            items.Add(DoctorItem.Bad(Subject, "The certificate is not valid yet: clients refuse it."));
        }
        else if (ends - now < EndingWithin)
        {
            items.Add(DoctorItem.Note(Subject, $"The certificate expires on {day}, in {(int)(ends - now).TotalDays} days: put a new one in its place."));
        }

        if (certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData))
        {
            items.Add(DoctorItem.Note(Subject, "The certificate is self-signed: clients ask their users whether they trust it, or refuse it."));
        }

        return items.Count > 0 ? items : [DoctorItem.Ok(Subject, $"Clients are shown a certificate for {domain} that is valid until {day}.")];
    }
}
