using System.Net;
using Krewe.Contracts.Hosts;

namespace Krewe.Frontend.Doctor;

/// <summary>What anybody on the way to a tenant's services could read or change.</summary>
internal static class EgressExamination
{
    public static IEnumerable<DoctorItem> Of(HostSettings host)
    {
        foreach (var (path, url) in Urls(host))
        {
            if (Uri.TryCreate(url.Replace("%s", "", StringComparison.Ordinal), UriKind.Absolute, out var address) && address.Scheme == "http" && !IsThisMachine(address))
            {
                yield return DoctorItem.Note(path, "The URL begins with http: whoever is on the way can read and change what is sent and answered. Use https.");
            }
        }

        foreach (var service in host.Components.Values.OfType<MucServiceSettings>().Where(service => service.HttpAuth is { IsInsecure: true }))
        {
            yield return DoctorItem.Note(
                $"{JsonPaths.Member("$.components", service.Domain)}.muc_http_auth_insecure", "The service's certificate is not verified: anybody on the way can answer in its place.");
        }
    }

    private static IEnumerable<(string Path, string Url)> Urls(HostSettings host)
    {
        if (host.HttpRoster is { } roster)
        {
            yield return ("$.http_roster_url", roster.Url);
        }

        if (host.HttpAuth is { } users)
        {
            yield return ("$.http_auth_url", users.Url);
        }

        foreach (var service in host.Components.Values.OfType<MucServiceSettings>().OrderBy(service => service.Domain, StringComparer.Ordinal))
        {
            if (service.HttpAuth is { } auth)
            {
                yield return ($"{JsonPaths.Member("$.components", service.Domain)}.muc_http_auth_url", auth.Url);
            }
        }

        foreach (var grant in host.Delegations.Where(grant => grant.Url is not null))
        {
            yield return (JsonPaths.Member("$.delegations", grant.Namespace), grant.Url!);
        }
    }

    private static bool IsThisMachine(Uri url) => url.IsLoopback || (IPAddress.TryParse(url.IdnHost, out var address) && IPAddress.IsLoopback(address));
}
