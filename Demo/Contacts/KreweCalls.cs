using System.Net.Http.Headers;

namespace Krewe.Demo.Contacts;

/// <summary>
/// Tells Krewe what changed, with the host's integrator key: whose roster (<c>POST /roster_admin/refresh</c>), and which room's admissions
/// (<c>POST …/muc/decisions/invalidate</c>).
/// </summary>
internal sealed class KreweCalls(Uri krewe, IReadOnlyDictionary<string, string> keys) : IDisposable
{
    // Krewe answers within 25 s, however long its own calls of this application take.
    private readonly HttpClient _http = new() { BaseAddress = krewe, Timeout = TimeSpan.FromSeconds(30) };

    public void Dispose() => _http.Dispose();

    /// <summary>What Krewe said, for the person who made the change.</summary>
    public Task<string> RefreshAsync(string host, string user) => PostAsync<string[]>(host, $"roster_admin/refresh?host={Uri.EscapeDataString(host)}", [user]);

    /// <summary>Krewe asks again about those who are in the room, and removes whom this application refuses now.</summary>
    public Task<string> RevokeAsync(string host, string room) =>
        PostAsync(host, $"api/v1/hosts/{Uri.EscapeDataString(host)}/muc/decisions/invalidate", new { room = $"{room}@rooms.{host}" });

    private async Task<string> PostAsync<T>(string host, string path, T body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", keys.GetValueOrDefault(host));
        try
        {
            using var response = await _http.SendAsync(request);
            return response.IsSuccessStatusCode
                ? $"Krewe was told: {await response.Content.ReadAsStringAsync()}"
                : $"Krewe answered {(int)response.StatusCode}; it will see the change when it next asks";
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
        {
            return "Krewe cannot be reached; it will see the change when it next asks";
        }
    }
}
