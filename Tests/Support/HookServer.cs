using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Krewe.Tests.Support;

/// <param name="Target">Path and query as they came over the wire.</param>
internal sealed record HookRequestLog(string Method, string Target, IReadOnlyDictionary<string, string> Headers, string Body);

/// <summary>A tenant's application for tests: a real HTTP server on 127.0.0.1 that does what the test tells it, and remembers who asked.</summary>
internal sealed class HookServer : IAsyncDisposable
{
    private readonly Channel<HookRequestLog> _arrivals = Channel.CreateUnbounded<HookRequestLog>();
    private readonly ConcurrentQueue<HookRequestLog> _requests = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly WebApplication _app;
    private volatile byte[]? _raw;
    private int _connections;

    private HookServer(X509Certificate2? certificate)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(next => connection => ConnectAsync(next, connection));
            if (certificate is not null)
            {
                listen.UseHttps(certificate);
            }
        }));
        _app = builder.Build();
        _app.Run(ServeAsync);
    }

    /// <summary>What to do with a request; at first, 404.</summary>
    public Func<HttpContext, Task> Handler { get; set; } = context => Write(context, 404, "");

    public int Port { get; private set; }

    public string Url { get; private set; } = "";

    /// <summary>All requests so far.</summary>
    public IReadOnlyCollection<HookRequestLog> Requests => _requests;

    public int ConnectionCount => Volatile.Read(ref _connections);

    public static Task<HookServer> StartAsync(bool isTls = false) => StartAsync(isTls ? SelfSigned() : null);

    public static async Task<HookServer> StartAsync(X509Certificate2? certificate)
    {
        var server = new HookServer(certificate);
        await server._app.StartAsync();
        var address = new Uri(server._app.Urls.First());
        (server.Port, server.Url) = (address.Port, $"{(certificate is not null ? "https" : "http")}://127.0.0.1:{address.Port}");
        return server;
    }

    /// <summary>The next request that was not asked for yet, in the order of their coming.</summary>
    public async Task<HookRequestLog> NextRequestAsync() => await _arrivals.Reader.ReadAsync().AsTask().WaitAsync(Timeouts.Test);

    public void Answers(string body, int status = 200, string? etag = null) => Handler = context =>
    {
        if (etag is not null)
        {
            context.Response.Headers.ETag = etag;
        }

        return Write(context, status, body);
    };

    /// <summary>Holds every request until the gate opens, and then answers.</summary>
    public TaskCompletionSource AnswersBehindGate(string body, int status = 200)
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Handler = async context =>
        {
            await gate.Task.WaitAsync(_stopping.Token);
            await Write(context, status, body);
        };
        return gate;
    }

    /// <summary>Accepts, reads and says nothing.</summary>
    public void Hangs() => Handler = context => Task.Delay(Timeout.Infinite, CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stopping.Token).Token);

    /// <summary>Closes without an answer.</summary>
    public void Closes() => Handler = context =>
    {
        context.Abort();
        return Task.CompletedTask;
    };

    /// <summary>Declares more than it sends.</summary>
    public void Truncates(string body) => Handler = async context =>
    {
        context.Response.ContentLength = Encoding.UTF8.GetByteCount(body) + 10;
        await context.Response.WriteAsync(body);

        // The server sees that bytes are missing and closes behind those that it sent.
    };

    /// <summary>A byte now and then, without an end.</summary>
    public void Drips() => Handler = async context =>
    {
        while (!context.RequestAborted.IsCancellationRequested && !_stopping.IsCancellationRequested)
        {
            await context.Response.WriteAsync(" ", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await Task.Delay(20, _stopping.Token);
        }
    };

    /// <summary>Answers the first bytes of each new connection with these, whatever they are, and closes it.</summary>
    public void AnswersRaw(string bytes) => _raw = Encoding.Latin1.GetBytes(bytes);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _app.DisposeAsync();
    }

    private static Task Write(HttpContext context, int status, string body)
    {
        context.Response.StatusCode = status;
        if (status is 204 or 304)
        {
            return Task.CompletedTask;
        }

        context.Response.ContentType = "application/json";
        context.Response.ContentLength = Encoding.UTF8.GetByteCount(body);
        return context.Response.WriteAsync(body);
    }

    private async Task ServeAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var request = new HookRequestLog(
            context.Request.Method,
            context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
            context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            await reader.ReadToEndAsync());
        _requests.Enqueue(request);
        _arrivals.Writer.TryWrite(request);
        try
        {
            await Handler(context);
        }
        catch (OperationCanceledException)
        {
            context.Abort();
        }
    }

    private async Task ConnectAsync(ConnectionDelegate next, ConnectionContext connection)
    {
        Interlocked.Increment(ref _connections);
        if (_raw is not { } raw)
        {
            await next(connection);
            return;
        }

        await connection.Transport.Input.ReadAsync();
        await connection.Transport.Output.WriteAsync(raw);
    }

    /// <summary>A certificate of its own making, for an address, valid between these days from now.</summary>
    public static X509Certificate2 SelfSigned(string address = "127.0.0.1", int fromDays = -1, int toDays = 1)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={address}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Parse(address));
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(fromDays), DateTimeOffset.UtcNow.AddDays(toDays));
    }
}
