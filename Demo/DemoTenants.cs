using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace Krewe.Demo;

/// <summary>
/// Makes the demo's hosts, accounts and integrator keys as any provider would: through Krewe's HTTP API, with the provider's token. What is there already
/// stays as it is.
/// </summary>
internal sealed class DemoTenants(HttpClient provider, Uri contacts, string folder)
{
    public const string Password = "secret";

    public static readonly (string Host, string[] Users)[] All =
    [
        ("verona.localhost", ["romeo", "juliet", "nurse"]),
        ("elsinore.localhost", ["hamlet", "ophelia"]),
    ];

    /// <summary>Each host's integrator key.</summary>
    public async Task<Dictionary<string, string>> EnsureAsync(CancellationToken cancellationToken)
    {
        var keys = new Dictionary<string, string>();
        foreach (var (host, users) in All)
        {
            await PutIfMissingAsync($"api/v1/hosts/{host}", new JsonObject { ["http_roster_url"] = $"{contacts}{host}/contacts/%s" }, cancellationToken);
            foreach (var user in users)
            {
                await PutIfMissingAsync($"api/v1/hosts/{host}/accounts/{user}", new JsonObject { ["password"] = Password }, cancellationToken);
            }

            keys[host] = await KeyAsync(host, cancellationToken);
        }

        return keys;
    }

    private async Task PutIfMissingAsync(string path, JsonObject document, CancellationToken cancellationToken)
    {
        using var present = await provider.GetAsync(path, cancellationToken);
        if (present.StatusCode == HttpStatusCode.NotFound)
        {
            using var response = await provider.PutAsJsonAsync(path, document, cancellationToken);
            await CheckAsync(response, cancellationToken);
        }
        else
        {
            await CheckAsync(present, cancellationToken);
        }
    }

    private async Task<string> KeyAsync(string host, CancellationToken cancellationToken)
    {
        var file = Path.Combine(folder, $"{host}.key");
        if (File.Exists(file) && (await File.ReadAllTextAsync(file, cancellationToken)).Trim() is { Length: > 0 } kept && await IsValidAsync(host, kept, cancellationToken))
        {
            return kept;
        }

        using var response = await provider.PostAsJsonAsync(
            $"api/v1/hosts/{host}/keys", new JsonObject { ["name"] = "contacts", ["scopes"] = new JsonArray("roster", "muc") }, cancellationToken);
        await CheckAsync(response, cancellationToken);
        var answer = await response.Content.ReadFromJsonAsync<JsonObject>(cancellationToken);
        var key = answer!["key"]!.GetValue<string>();
        await WriteForOwnerAsync(file, key, cancellationToken);
        return key;
    }

    // A refresh of nobody does nothing, and needs exactly the scope that the application will use.
    private async Task<bool> IsValidAsync(string host, string key, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"roster_admin/refresh?host={host}") { Content = JsonContent.Create(Array.Empty<string>()) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var response = await provider.SendAsync(request, cancellationToken);
        return response.IsSuccessStatusCode;
    }

    private static async Task WriteForOwnerAsync(string file, string text, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.Delete(file);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        await using var writer = new StreamWriter(file, options);
        await writer.WriteLineAsync(text.AsMemory(), cancellationToken);
    }

    private static async Task CheckAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (!response.IsSuccessStatusCode)
        {
            var request = response.RequestMessage!;
            throw new HttpRequestException(
                $"demo: {request.Method} {request.RequestUri!.AbsolutePath} was answered {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync(cancellationToken)}");
        }
    }
}
