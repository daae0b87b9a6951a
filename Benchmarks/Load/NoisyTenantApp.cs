using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Krewe.Benchmarks.Load;

/// <summary>A tenant's application that serves huge rosters, a new one each time it is asked, and never answers who may enter a room.</summary>
internal sealed class NoisyTenantApp(WebApplication app) : IAsyncDisposable
{
    private const int Contacts = 5000;

    private static int s_versions;

    public string Url => app.Urls.First();

    public static async Task<NoisyTenantApp> StartAsync(string host, int users)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        app.MapGet("/roster/{user}", (HttpContext http) => http.Response.WriteAsync(Roster(host, users)));
        app.MapGet("/hang", (HttpContext http) => Task.Delay(Timeout.Infinite, http.RequestAborted));
        await app.StartAsync();
        return new NoisyTenantApp(app);
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    /// <summary>Everybody who is there, and many who are not.</summary>
    private static string Roster(string host, int users)
    {
        var version = Interlocked.Increment(ref s_versions);
        var json = new StringBuilder("{");
        for (var i = 0; i < Contacts; i++)
        {
            json.Append(CultureInfo.InvariantCulture, $"{(i == 0 ? "" : ",")}\"{(i < users ? "u" : "away")}{i}@{host}\":{{\"name\":\"Contact {i}{(i == users ? $" {version}" : "")}\",\"groups\":[\"All\"]}}");
        }

        return json.Append('}').ToString();
    }
}
