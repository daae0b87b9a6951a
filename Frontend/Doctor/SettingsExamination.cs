using Krewe.Contracts.Hosts;

namespace Krewe.Frontend.Doctor;

/// <summary>Settings that are allowed, and that somebody may not have meant.</summary>
internal static class SettingsExamination
{
    public static IEnumerable<DoctorItem> Of(HostSettings host)
    {
        if (host.HttpRoster is null)
        {
            yield return DoctorItem.Note("$.http_roster_url", "The host keeps its own rosters: there is no http_roster_url.");
        }
        else if (!host.HttpRoster.Url.Contains("%s", StringComparison.Ordinal))
        {
            yield return DoctorItem.Note("$.http_roster_url", "The URL has no %s, which stands for the user: all users get the same roster.");
        }

        foreach (var service in host.Components.Values.OfType<MucServiceSettings>().OrderBy(service => service.Domain, StringComparer.Ordinal))
        {
            var path = JsonPaths.Member("$.components", service.Domain);
            if (service.HttpAuth is not { } auth)
            {
                yield return DoctorItem.Note($"{path}.muc_http_auth_url", $"Nobody is asked who may be in a room of {service.Domain}: there is no muc_http_auth_url.");
            }
            else if (auth.OnError == MucAuthOnError.Allow)
            {
                yield return DoctorItem.Note($"{path}.muc_http_auth_on_error", $"While the service that decides about {service.Domain} fails, everybody is let into its rooms.");
            }
        }

        if (HookQuestions.HasHooks(host))
        {
            yield return host.HookSecrets.Length switch
            {
                0 => DoctorItem.Note("$.hook_secret", "There is no hook_secret: calls are not signed, so the application cannot tell Krewe's from anybody's."),
                1 => DoctorItem.Ok("$.hook_secret", "Hook calls are signed (Standard Webhooks)."),
                _ => DoctorItem.Note("$.hook_secret", "Hook calls are signed with two secrets: take the old one out when the application knows the new one."),
            };
        }

        if (!host.C2SRequireEncryption)
        {
            yield return DoctorItem.Note("$.c2s_require_encryption", "Clients may log in without TLS.");
        }

        if (host.AllowUnencryptedPlainAuth)
        {
            yield return DoctorItem.Note("$.allow_unencrypted_plain_auth", "Clients may send their passwords in the clear.");
        }

        if (host.Isolate)
        {
            yield return DoctorItem.Note("$.isolate", "The host is closed to all other domains: its users and theirs cannot reach each other.");
        }
    }
}
