using System.Diagnostics;
using System.Globalization;
using Krewe.Contracts.Hosts;

namespace Krewe.Frontend.Listeners;

/// <summary>What is said to people of a certificate: where it is from, and what they ought to see to.</summary>
internal static class CertificateWords
{
    /// <summary>Time for somebody to do what automatic renewal failed to do.</summary>
    public static readonly TimeSpan WarnBefore = TimeSpan.FromDays(21);

    public static string NameOf(CertificateSource source) => source switch
    {
        CertificateSource.SelfSigned => "self-signed",
        CertificateSource.File => "file",
        CertificateSource.Api => "api",
        _ => throw new UnreachableException(),
    };

    /// <summary>Whole days until it ends; negative when it has.</summary>
    public static int DaysLeft(ServerCertificate certificate, DateTimeOffset now) => (int)Math.Floor((certificate.NotAfter - now).TotalDays);

    /// <summary>Component domains that it does not name: clients find no fault in that as long as they connect to the host.</summary>
    public static IReadOnlyList<string> Uncovered(ServerCertificate certificate, HostSettings host)
    {
        var names = SubjectNames.Of(certificate.Certificate);
        return [.. host.Components.Keys.Where(domain => !names.Cover(domain)).Order(StringComparer.Ordinal)];
    }

    /// <param name="fromApi">What was put through the API, which another one may be used in place of.</param>
    /// <returns>Null when there is nothing to see to.</returns>
    public static string? Warning(ServerCertificate inUse, ServerCertificate? fromApi, string host, DateTimeOffset now)
    {
        var warnings = new List<string>();
        if (inUse.Source == CertificateSource.SelfSigned)
        {
            warnings.Add("It is self-signed: clients do not trust it unless their users tell them to.");
        }
        else if (inUse.NotAfter <= now)
        {
            warnings.Add($"It ended on {Day(inUse)}: clients refuse it.");
        }
        else if (inUse.NotAfter - now < WarnBefore)
        {
            warnings.Add($"It ends on {Day(inUse)}.");
        }

        if (!inUse.Covers(host))
        {
            warnings.Add("It does not name the host: clients refuse it.");
        }

        if (fromApi is not null && fromApi != inUse)
        {
            warnings.Add($"The one that was put through the API ended on {Day(fromApi)}, and is not used.");
        }

        return warnings.Count == 0 ? null : string.Join(' ', warnings);
    }

    private static string Day(ServerCertificate certificate) => certificate.NotAfter.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
