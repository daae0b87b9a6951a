using System.Net.Http.Json;
using System.Text;
using Krewe.Contracts.Accounts;

namespace Krewe.Benchmarks.Load;

/// <summary>
/// Makes the measured host (<c>host.bench.json</c>) and its accounts <c>u0…</c>, password <c>pw</c>, in a running Krewe:
/// <c>load-tenant &lt;url&gt; &lt;token&gt; &lt;host&gt; &lt;users&gt;</c>. All accounts share one derivation of the password, so that making them measures nothing.
/// </summary>
internal static class LoadTenant
{
    private const int ParallelRequests = 16;

    public static async Task<int> RunAsync(string url, string token, string host, int users)
    {
        using var http = new HttpClient { BaseAddress = new Uri(url), DefaultRequestHeaders = { Authorization = new("Bearer", token) } };
        var document = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "host.bench.json"));
        using var created = await http.PutAsync($"/api/v1/hosts/{host}", new StringContent(document, Encoding.UTF8, "application/json"));
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
        Console.WriteLine($"{host}: {users} accounts");
        return 0;
    }
}
