using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Krewe.Tests.Defects;
using Krewe.Tests.Support;

namespace Krewe.Tests.Interop;

/// <summary>A process that is killed: a certificate that it acknowledged is there, and an erasure that it had begun is finished by asking again.</summary>
[Trait("Category", "Slow")]
public sealed class KilledWorkTests : IAsyncLifetime, IDisposable
{
    private const string Domain = "mantua.example";
    private const string Host = $"api/v1/hosts/{Domain}";
    private const int Accounts = 400;

    private readonly DemoProcess _krewe = new();
    private readonly TestAuthority _authority = new();
    private HttpClient _provider = new();

    public async Task InitializeAsync()
    {
        await _krewe.InitializeAsync();
        _provider = new HttpClient { BaseAddress = _krewe.Http };
        _provider.DefaultRequestHeaders.Authorization = new("Bearer", _krewe.AdminToken);
        await PutAsync(Host, "{}");
    }

    public Task DisposeAsync() => _krewe.DisposeAsync();

    public void Dispose()
    {
        _provider.Dispose();
        _authority.Dispose();
    }

    [Fact]
    public async Task Certificate_ThatWasAcknowledged_IsThere()
    {
        var put = _authority.Issue([Domain]);
        await PutAsync($"{Host}/certificate", put.Body);

        await _krewe.KillAsync();
        await _krewe.InitializeAsync();

        Assert.Equal(put.Fingerprint, (string?)(await _provider.GetFromJsonAsync<JsonObject>($"{Host}/certificate"))!["fingerprint"]);
    }

    [Fact]
    public async Task Erasure_IsFinishedByAskingAgain()
    {
        // The same stored keys for all, so that the test does not pay for their passwords.
        await PutAsync($"{Host}/accounts/user0", $$"""{ "password": "{{RunningKrewe.Password}}" }""");
        var export = (await _provider.GetFromJsonAsync<JsonObject>($"{Host}/export?secrets=true"))!;
        var keys = new JsonObject { ["scram"] = export["accounts"]![0]!["scram"]!.DeepClone() }.ToJsonString();
        await Parallel.ForEachAsync(Enumerable.Range(1, Accounts - 1), async (i, _) => await PutAsync($"{Host}/accounts/user{i}", keys));

        // Killed as soon as the host is closed: some accounts are gone by then, or none, or all.
        var erasing = _provider.PostAsync($"{Host}/erase", Json("{}"));
        while (await IsOpenAsync() && !erasing.IsCompleted)
        {
            await Task.Yield();
        }

        await _krewe.KillAsync();
        await Task.WhenAny(erasing);
        await _krewe.InitializeAsync();

        using var answer = await _provider.PostAsync($"{Host}/erase", Json("{}"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.True(await IsOpenAsync());
        Assert.Empty((await _provider.GetFromJsonAsync<JsonObject>($"{Host}/accounts"))!["items"]!.AsArray());
        Assert.Empty((await _provider.GetFromJsonAsync<JsonObject>($"{Host}/export"))!["accounts"]!.AsArray());
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    private async Task<bool> IsOpenAsync() =>
        (bool)(await _provider.GetFromJsonAsync<JsonObject>("api/v1/hosts"))!["items"]!.AsArray().Single(host => (string)host!["host"]! == Domain)!["enabled"]!;

    private async Task PutAsync(string path, string json)
    {
        using var answer = await _provider.PutAsync(path, Json(json));
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }
}
