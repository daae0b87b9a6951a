using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Krewe.Cli;

/// <summary>
/// Krewe's HTTP API as the tool uses it: <c>KREWE_URL</c> (default <c>http://127.0.0.1:5280</c>), <c>KREWE_TOKEN</c> (default: the file <c>admin-token</c> in
/// <c>Krewe__Data</c>, or in <c>./data</c>). Whatever goes wrong is an <see cref="ApiException"/> in words.
/// </summary>
internal sealed class ApiClient : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    private readonly HttpClient _http;

    /// <param name="setting">The value of an environment variable; null for none.</param>
    public ApiClient(Func<string, string?> setting)
    {
        var url = setting("KREWE_URL") is { Length: > 0 } given ? given : "http://127.0.0.1:5280";
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            throw new ApiException($"KREWE_URL is no address: {url}");
        }

        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = address, Timeout = Timeout };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token(setting));
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Null for 404.</summary>
    public async Task<JsonNode?> GetAsync(string path)
    {
        var (status, body) = await SendAsync(HttpMethod.Get, path, null);
        return status == 404 ? null : Parse(body);
    }

    /// <summary>All items of a list, page by page.</summary>
    public async Task<JsonArray?> ListAsync(string path)
    {
        var all = new JsonArray();
        string? after = null;
        do
        {
            if (await GetAsync(after is null ? path : $"{path}?after={Uri.EscapeDataString(after)}") is not { } page)
            {
                return null;
            }

            foreach (var item in page["items"]!.AsArray())
            {
                all.Add(item!.DeepClone());
            }

            after = (string?)page["next"];
        }
        while (after is not null);
        return all;
    }

    /// <summary>The status of what was done.</summary>
    public async Task<int> PutAsync(string path, string json) => (await SendAsync(HttpMethod.Put, path, json)).Status;

    private async Task<(int Status, string Body)> SendAsync(HttpMethod method, string path, string? json)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json");
        try
        {
            using var response = await _http.SendAsync(request);
            var body = await response.Content.ReadAsStringAsync();
            var status = (int)response.StatusCode;
            return response.IsSuccessStatusCode || (status == 404 && method == HttpMethod.Get) ? (status, body) : throw new ApiException(Explain(status, body));
        }
        catch (HttpRequestException e)
        {
            throw new ApiException($"Krewe does not answer at {_http.BaseAddress}: {e.Message}");
        }
        catch (TaskCanceledException)
        {
            throw new ApiException($"Krewe did not answer at {_http.BaseAddress} within {Timeout.TotalSeconds:0} s");
        }
    }

    /// <summary>What a problem document says, each bad path of it on a line of its own.</summary>
    private static string Explain(int status, string body)
    {
        JsonObject? problem = null;
        try
        {
            problem = JsonNode.Parse(body) as JsonObject;
        }
        catch (System.Text.Json.JsonException)
        {
            // Something between here and Krewe has answered.
        }

        var words = new StringBuilder((string?)problem?["detail"] ?? (string?)problem?["title"] ?? "refused").Append(" (HTTP ").Append(status).Append(')');
        foreach (var place in problem?["errors"] as JsonArray ?? [])
        {
            words.Append("\n  ").Append(place?["path"]).Append(": ").Append(place?["message"]);
        }

        return words.ToString();
    }

    private static JsonNode Parse(string body)
    {
        try
        {
            return JsonNode.Parse(body) ?? throw new ApiException("Krewe's answer is empty");
        }
        catch (System.Text.Json.JsonException)
        {
            throw new ApiException("what answers is not Krewe: its answer is no JSON");
        }
    }

    private static string Token(Func<string, string?> setting)
    {
        if (setting("KREWE_TOKEN") is { Length: > 0 } token)
        {
            return token;
        }

        var file = Path.Combine(setting("Krewe__Data") ?? "data", "admin-token");
        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ApiException($"there is no token: set KREWE_TOKEN, or run where {file} can be read ({e.Message})");
        }
    }
}

/// <summary>A call came to nothing; the message says why, for people.</summary>
internal sealed class ApiException(string message) : Exception(message);
