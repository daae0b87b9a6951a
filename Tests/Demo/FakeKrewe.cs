using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Krewe.Tests.Demo;

/// <summary>Krewe's HTTP API as the demo sees it: keeps what is PUT, hands out keys, and remembers every request.</summary>
internal sealed class FakeKrewe : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<string> _requests = new();
    private readonly ConcurrentDictionary<string, string> _documents = new();
    private readonly ConcurrentDictionary<string, bool> _keys = new();

    private FakeKrewe(WebApplication app)
    {
        _app = app;
        app.Run(AnswerAsync);
    }

    public Uri Url => new(_app.Urls.Single());

    public IReadOnlyCollection<string> Requests => _requests;

    public static async Task<FakeKrewe> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var krewe = new FakeKrewe(builder.Build());
        await krewe._app.StartAsync();
        return krewe;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    public void Forget() => _requests.Clear();

    /// <summary>What was PUT there last.</summary>
    public string? this[string path]
    {
        get => _documents.GetValueOrDefault(path);
        set => _documents[path] = value!;
    }

    public void RevokeKeys() => _keys.Clear();

    private async Task AnswerAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync();
        var (method, path, authorization) = (context.Request.Method, context.Request.Path.Value!, context.Request.Headers.Authorization.ToString());
        _requests.Enqueue($"{method} {path}{context.Request.QueryString} {authorization} {body}".TrimEnd());
        switch (method)
        {
            case "PUT":
                context.Response.StatusCode = _documents.ContainsKey(path) ? 200 : 201;
                _documents[path] = body;
                break;
            case "GET":
                context.Response.StatusCode = _documents.ContainsKey(path) ? 200 : 404;
                context.Response.ContentType = "application/json";
                await context.Response.WriteAsync(_documents.GetValueOrDefault(path, "{}"));
                break;
            case "POST" when path.EndsWith("/keys", StringComparison.Ordinal):
                var key = $"key-{_keys.Count + 1}-{Guid.NewGuid():N}";
                _keys[$"Bearer {key}"] = true;
                context.Response.StatusCode = 201;
                await context.Response.WriteAsJsonAsync(new { id = "1", key });
                break;
            default:
                context.Response.StatusCode = (path == "/roster_admin/refresh" || path.EndsWith("/muc/decisions/invalidate", StringComparison.Ordinal)) && (_keys.ContainsKey(authorization) || authorization == "Bearer verona-key") ? 200 : 401;
                break;
        }
    }
}
