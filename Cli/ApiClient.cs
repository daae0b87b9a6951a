using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Krewe.Cli;

/// <summary>
/// Krewe's HTTP API as the tool uses it: <c>KREWE_URL</c> (default <c>http://127.0.0.1:5280</c>), <c>KREWE_TOKEN</c> (default: the file <c>admin-token</c> in
/// <c>Krewe__Data</c>, or in <c>./data</c>). Whatever goes wrong is a <see cref="CommandException"/> in words.
/// </summary>
internal sealed class ApiClient : IDisposable
{
    /// <summary>By when an answer must have begun, and each piece of a long one come. A refresh or an examination may take 25 s.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private const int PieceBytes = 64 * 1024;

    private readonly HttpClient _http;

    public ApiClient(Func<string, string?> setting)
    {
        var url = setting("KREWE_URL") is { Length: > 0 } given ? given : "http://127.0.0.1:5280";
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            throw new CommandException($"KREWE_URL is no http or https address: {url}");
        }

        // A redirect would take the token along.
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AdminToken.Find(setting));
    }

    public void Dispose() => _http.Dispose();

    public async Task<JsonNode> GetAsync(string path, CancellationToken cancellation) => Parse((await SendAsync(HttpMethod.Get, path, null, null, cancellation)).Body);

    /// <summary>A list, page by page, so that a long one needs no memory.</summary>
    public async IAsyncEnumerable<IReadOnlyList<JsonNode>> PagesAsync(string path, [EnumeratorCancellation] CancellationToken cancellation)
    {
        string? after = null;
        do
        {
            var next = after is null ? path : $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}after={Uri.EscapeDataString(after)}";
            var page = await GetAsync(next, cancellation);
            if (page["items"] is not JsonArray items)
            {
                throw NotKrewe();
            }

            yield return [.. items.OfType<JsonNode>()];
            var last = after;
            after = (string?)page["next"];
            if (after is not null && after == last)
            {
                throw new CommandException("the list does not go on: its next page is the same one");
            }
        }
        while (after is not null);
    }

    /// <summary>The status of what was done, and the answer when it has one.</summary>
    public async Task<(int Status, JsonNode? Answer)> CallAsync(HttpMethod method, string path, string? json, CancellationToken cancellation, string? ifMatch = null)
    {
        var (status, body) = await SendAsync(method, path, json, ifMatch, cancellation);
        return (status, body.Length > 0 ? Parse(body) : null);
    }

    /// <summary>Writes an answer into a stream as it comes, however long it is.</summary>
    public async Task DownloadAsync(string path, Stream into, CancellationToken cancellation)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await TryAsync(
            async () =>
            {
                waiting.CancelAfter(Patience);
                using var response = await _http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, waiting.Token);
                if (!response.IsSuccessStatusCode)
                {
                    throw new CommandException(Problems.Explain((int)response.StatusCode, await response.Content.ReadAsStringAsync(waiting.Token)));
                }

                await using var body = await response.Content.ReadAsStreamAsync(waiting.Token);
                var piece = new byte[PieceBytes];
                int read;
                while ((read = await body.ReadAsync(piece, waiting.Token)) > 0)
                {
                    await into.WriteAsync(piece.AsMemory(0, read), waiting.Token);
                    waiting.CancelAfter(Patience);
                }

                return true;
            },
            cancellation);
    }

    private async Task<(int Status, string Body)> SendAsync(HttpMethod method, string path, string? json, string? ifMatch, CancellationToken cancellation)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        waiting.CancelAfter(Patience);
        return await TryAsync(
            async () =>
            {
                using var request = new HttpRequestMessage(method, path);
                request.Content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json");
                if (ifMatch is not null)
                {
                    request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
                }

                using var response = await _http.SendAsync(request, waiting.Token);
                var body = await response.Content.ReadAsStringAsync(waiting.Token);
                return response.IsSuccessStatusCode ? ((int)response.StatusCode, body) : throw new CommandException(Problems.Explain((int)response.StatusCode, body));
            },
            cancellation);
    }

    private async Task<T> TryAsync<T>(Func<Task<T>> call, CancellationToken cancellation)
    {
        try
        {
            return await call();
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.SecureConnectionError)
        {
            throw new CommandException($"TLS with {_http.BaseAddress} failed: {e.InnerException?.Message ?? e.Message}");
        }
        catch (HttpRequestException e)
        {
            throw new CommandException($"Krewe does not answer at {_http.BaseAddress}: {e.Message}");
        }
        catch (HttpIOException e)
        {
            throw new CommandException($"the connection to {_http.BaseAddress} broke off: {e.Message}");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new CommandException($"Krewe did not answer at {_http.BaseAddress} within {Patience.TotalSeconds:0} s");
        }
    }

    private static JsonNode Parse(string body)
    {
        try
        {
            return JsonNode.Parse(body) ?? throw NotKrewe();
        }
        catch (JsonException)
        {
            throw NotKrewe();
        }
    }

    private static CommandException NotKrewe() => new("what answers is not Krewe: its answer is not the JSON that is expected here");
}
