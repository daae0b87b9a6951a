using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;

namespace Krewe.Tests.Support;

/// <summary>
/// The contacts application of many tenants, on one real HTTP server: a document, a failure or a wait for each user, at <c>/domain/localpart</c>.
/// A user that nobody set has an empty roster.
/// </summary>
internal sealed class TenantHooks : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, User> _users = new(StringComparer.Ordinal);
    private readonly HookServer _server;

    private TenantHooks(HookServer server)
    {
        _server = server;
        server.Handler = ServeAsync;
    }

    public static async Task<TenantHooks> StartAsync() => new(await HookServer.StartAsync());

    /// <summary>What the host document names.</summary>
    public string UrlOf(string domain) => $"{_server.Url}/{domain}/%s";

    /// <summary>From now on; requests that wait are answered with it.</summary>
    public void Answer(string domain, string localpart, string body, int status = 200) => Find(domain, localpart).Set(new(status, body));

    /// <summary>Requests wait from now on.</summary>
    public void Hold(string domain, string localpart) => Find(domain, localpart).Hold();

    /// <summary>Done when one request more has come than were waited for before.</summary>
    public Task WhenAskedAsync(string domain, string localpart) => Find(domain, localpart).Arrivals.WaitAsync(Timeouts.Test);

    public int CountOf(string domain, string localpart) => Find(domain, localpart).Count;

    /// <summary>Whatever still waits for this tenant is answered.</summary>
    public void ReleaseAll(string domain)
    {
        foreach (var (path, user) in _users)
        {
            if (path.StartsWith($"/{domain}/", StringComparison.Ordinal))
            {
                user.Release();
            }
        }
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private User Find(string domain, string localpart) => _users.GetOrAdd($"/{domain}/{localpart}", static _ => new User());

    private async Task ServeAsync(HttpContext context)
    {
        var user = _users.GetOrAdd(context.Request.Path.Value!, static _ => new User());
        var answer = await user.AskAsync().WaitAsync(context.RequestAborted);
        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(answer.Body);
    }

    private sealed record Answered(int Status, string Body);

    private sealed class User
    {
        private readonly Lock _lock = new();
        private Answered _last = new(200, "{}");
        private TaskCompletionSource<Answered> _answer = Done(new(200, "{}"));
        private int _count;

        public SemaphoreSlim Arrivals { get; } = new(0);

        public int Count => Volatile.Read(ref _count);

        public Task<Answered> AskAsync()
        {
            lock (_lock)
            {
                _count++;
                Arrivals.Release();
                return _answer.Task;
            }
        }

        public void Set(Answered answer)
        {
            lock (_lock)
            {
                _last = answer;
                if (!_answer.TrySetResult(answer))
                {
                    _answer = Done(answer);
                }
            }
        }

        public void Hold()
        {
            lock (_lock)
            {
                _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        public void Release()
        {
            lock (_lock)
            {
                _answer.TrySetResult(_last);
            }
        }

        private static TaskCompletionSource<Answered> Done(Answered answer)
        {
            var done = new TaskCompletionSource<Answered>();
            done.SetResult(answer);
            return done;
        }
    }
}
