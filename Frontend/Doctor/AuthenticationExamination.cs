using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Sasl;

namespace Krewe.Frontend.Doctor;

/// <summary>Who can log in at a host, and whether that is likely to be meant (contract §3, <c>authentication</c>).</summary>
internal sealed class AuthenticationExamination(IGrainFactory grains, JwtKeyFiles keyFiles)
{
    private const string Subject = "$.authentication";

    public async Task<IReadOnlyList<DoctorItem>> ExamineAsync(HostSettings host)
    {
        var items = new List<DoctorItem>();
        AddList(host, items);
        if (host.Authentication.Contains(HostAuthentication.Http) && host.HttpAuth is { IsPost: false })
        {
            items.Add(DoctorItem.Note("$.http_auth_method", "Passwords are sent in the query of a GET, which logs of requests show: POST is safer, where the service takes it."));
        }

        if (host.Authentication.Contains(HostAuthentication.Jwt) && host.Jwt is { } jwt)
        {
            if (jwt.Audiences.IsEmpty)
            {
                items.Add(DoctorItem.Note("$.jwt_audience", "There is no jwt_audience: a token that its issuer signed for another service lets in here too."));
            }

            if (jwt.KeysFile is { } file && await keyFiles.GetAsync(file) is null)
            {
                items.Add(DoctorItem.Bad("$.jwt_keys_file", $"The provider has no file {file} in jwks of the data folder, or it is no key set: no token counts."));
            }
        }

        if (host.Authentication is [HostAuthentication.InternalHashed] && (await grains.HostDirectory().AccountsAsync(host.Domain, null, 1)).IsEmpty)
        {
            items.Add(DoctorItem.Note(Subject, "The host has no accounts yet: nobody can log in."));
        }

        return items;
    }

    private static void AddList(HostSettings host, List<DoctorItem> items)
    {
        var kinds = host.Authentication;
        if (kinds.Contains(HostAuthentication.Anonymous))
        {
            items.Add(DoctorItem.Note(Subject, kinds.Length == 1
                ? "Anybody may come in, under a name that is made for that one session."
                : "Anybody may come in without a password, under a name that is made for that one session, beside those who have one."));
        }

        if (kinds.Contains(HostAuthentication.InternalHashed) && kinds.Contains(HostAuthentication.Http))
        {
            items.Add(DoctorItem.Note(Subject, "Most clients choose SCRAM, which only the host's own accounts can: users whom only http_auth_url knows must choose PLAIN. Name one of the two if all users are of one kind."));
        }

        if (host.HttpAuth is not null && !kinds.Contains(HostAuthentication.Http))
        {
            items.Add(DoctorItem.Note(Subject, "There is an http_auth_url, and authentication does not have http: it is not asked."));
        }

        if (host.Jwt is { HasKeys: true } && !kinds.Contains(HostAuthentication.Jwt))
        {
            items.Add(DoctorItem.Note(Subject, "There are keys for tokens, and authentication does not have jwt: no token counts."));
        }
    }
}
