using System.Net.Http.Headers;

namespace Krewe.Demo.Contacts;

/// <summary>Tells Krewe whose roster changed: <c>POST /roster_admin/refresh</c> with the host's integrator key.</summary>
internal sealed class KreweRefresh(Uri krewe, IReadOnlyDictionary<string, string> keys) : IDisposable
{
    // Krewe answers within 25 s, however long its own call of this application takes.
    private readonly HttpClient _http = new() { BaseAddress = krewe, Timeout = TimeSpan.FromSeconds(30) };

    public void Dispose() => _http.Dispose();

    /// <summary>What Krewe said, for the person who made the change.</summary>
    public async Task<string> RefreshAsync(string host, string user)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"roster_admin/refresh?host={Uri.EscapeDataString(host)}") { Content = JsonContent.Create<string[]>([user]) };
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
