using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Krewe.Contracts.Accounts;

namespace Krewe.Benchmarks.Load;

/// <summary>Hosts to measure with, made through the API.</summary>
internal static class Tenants
{
    private const int ParallelRequests = 16;

    /// <summary>A host whose users u0, u1 and so on log in without TLS, all with the same password.</summary>
    public static async Task MakeAsync(HttpClient http, string host, int users, JsonObject document)
    {
        (document["c2s_require_encryption"], document["allow_unencrypted_plain_auth"]) = (false, true);
        using var created = await http.PutAsync($"/api/v1/hosts/{host}", new StringContent(document.ToJsonString(), Encoding.UTF8, "application/json"));
        created.EnsureSuccessStatusCode();
        var scram = ScramKeys.Create("pw").ToDictionary(
            keys => ScramKeys.MechanismName(keys.Hash),
            keys => new
            {
                salt = Convert.ToBase64String(keys.Salt.Span), iterations = keys.Iterations,
                stored_key = Convert.ToBase64String(keys.StoredKey.Span), server_key = Convert.ToBase64String(keys.ServerKey.Span),
            });
        await Parallel.ForAsync(0, users, new ParallelOptions { MaxDegreeOfParallelism = ParallelRequests }, async (user, cancellationToken) =>
        {
            using var response = await http.PutAsJsonAsync($"/api/v1/hosts/{host}/accounts/u{user}", new { scram }, cancellationToken);
            response.EnsureSuccessStatusCode();
        });
    }
}
