using System.Text.Json.Nodes;

namespace Krewe.Benchmarks.Load;

/// <summary>
/// Makes the measured host (<c>host.bench.json</c>) and its accounts <c>u0…</c>, password <c>pw</c>, in a running Krewe:
/// <c>load-tenant &lt;url&gt; &lt;token&gt; &lt;host&gt; &lt;users&gt;</c>. All accounts share one derivation of the password, so that making them measures nothing.
/// </summary>
internal static class LoadTenant
{
    public static async Task<int> RunAsync(string url, string token, string host, int users)
    {
        using var http = new HttpClient { BaseAddress = new Uri(url), DefaultRequestHeaders = { Authorization = new("Bearer", token) } };
        var document = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "host.bench.json"));
        await Tenants.MakeAsync(http, host, users, JsonNode.Parse(document)!.AsObject());
        Console.WriteLine($"{host}: {users} accounts");
        return 0;
    }
}
