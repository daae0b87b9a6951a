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

    /// <summary>With it a program of the tenant's may connect as <c>pubsub.</c> and the host.</summary>
    public const string ComponentSecret = "secret";

    /// <summary>The room is there from the start, and belongs to the first user.</summary>
    public static readonly (string Host, string[] Users, string Room)[] All =
    [
        ("verona.localhost", ["romeo", "juliet", "nurse"], "garden"),
        ("elsinore.localhost", ["hamlet", "ophelia"], "court"),
    ];

    /// <summary>Each host's integrator key.</summary>
    public async Task<Dictionary<string, string>> EnsureAsync(CancellationToken cancellationToken)
    {
        var keys = new Dictionary<string, string>();
        foreach (var (host, users, room) in All)
        {
            await PutIfMissingAsync($"api/v1/hosts/{host}", Document(host), cancellationToken);
            await AddComponentsAsync(host, cancellationToken);
            foreach (var user in users)
            {
                await PutIfMissingAsync($"api/v1/hosts/{host}/accounts/{user}", new JsonObject { ["password"] = Password }, cancellationToken);
            }

            var document = new JsonObject { ["roomname"] = $"The {room}", ["affiliations"] = new JsonObject { [$"{users[0]}@{host}"] = "owner" } };
            await PutIfMissingAsync($"api/v1/hosts/{host}/muc/rooms/{Uri.EscapeDataString($"{room}@{Service(host)}")}", document, cancellationToken);
            keys[host] = await KeyAsync(host, cancellationToken);
        }

        return keys;
    }

    public static string Service(string host) => $"rooms.{host}";

    private JsonObject Document(string host) => new() { ["http_roster_url"] = $"{contacts}{host}/contacts/%s", ["components"] = Components(host) };

    private JsonObject Rooms(string host) => new()
    {
        [Service(host)] = new JsonObject { ["type"] = "muc", ["muc_http_auth_url"] = $"{contacts}{host}/can-join" },
    };

    private JsonObject Components(string host)
    {
        var components = Rooms(host);
        components[$"pubsub.{host}"] = new JsonObject { ["type"] = "external", ["component_secret"] = ComponentSecret };
        return components;
    }

    // A host that was made before there were components, or before there were others than rooms; what somebody has changed stays.
    private async Task AddComponentsAsync(string host, CancellationToken cancellationToken)
    {
        var document = await provider.GetFromJsonAsync<JsonObject>($"api/v1/hosts/{host}", cancellationToken);
        if (!document!.TryGetPropertyValue("components", out var present) || JsonNode.DeepEquals(present, Rooms(host)))
        {
            document["components"] = Components(host);
            using var response = await provider.PutAsJsonAsync($"api/v1/hosts/{host}", document, cancellationToken);
            await CheckAsync(response, cancellationToken);
        }
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
