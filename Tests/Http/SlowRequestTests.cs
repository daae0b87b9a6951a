using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Krewe.Tests.Support;

namespace Krewe.Tests.Http;

/// <summary>Who may do something is who may do it when it is done: a body that takes its time outlives no key.</summary>
[Collection(ApiCollection.Name)]
public sealed class SlowRequestTests(ApiFixture api)
{
    [Fact]
    public async Task Key_ThatIsDeletedWhileItsHolderSends_MakesNoOther()
    {
        var domain = await api.NewHostAsync();
        var keys = $"/api/v1/hosts/{domain}/keys";
        var made = await api.JsonAsync(HttpMethod.Post, keys, """{ "name": "x", "scopes": ["settings"] }""");

        using var answer = await SendSlowlyAsync(HttpMethod.Post, keys, """{ "name": "y", "scopes": ["settings"] }""", made, $"{keys}/{made["id"]}", async () =>
        {
            using var deleted = await api.SendAsync(HttpMethod.Delete, $"{keys}/{made["id"]}");
            Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        });

        await ApiFixture.AssertProblemAsync(answer, HttpStatusCode.Unauthorized);
        Assert.Empty((await api.GetAsync(keys))["items"]!.AsArray());
    }

    [Fact]
    public async Task TenantKey_WhoseHostGoesToAnotherTenantMeanwhile_ChangesNothingThere()
    {
        var tenant = $"tenant-{Guid.NewGuid():N}";
        var keys = $"/api/v1/tenants/{tenant}/keys";
        var domain = await api.NewHostAsync(new JsonObject { ["tenant"] = tenant }.ToJsonString());
        var made = await api.JsonAsync(HttpMethod.Post, keys, """{ "name": "x", "scopes": ["settings"] }""");

        using var answer = await SendSlowlyAsync(HttpMethod.Put, $"/api/v1/hosts/{domain}", """{ "isolate": true }""", made, $"{keys}/{made["id"]}", async () =>
            await api.JsonAsync(HttpMethod.Put, $"/api/v1/hosts/{domain}", """{ "tenant": "another" }"""));

        await ApiFixture.AssertProblemAsync(answer, HttpStatusCode.Forbidden);
        Assert.Equal("""{"tenant":"another"}""", (await api.GetAsync($"/api/v1/hosts/{domain}")).ToJsonString());
    }

    /// <param name="made">The key that it is sent with, as it was shown.</param>
    /// <param name="key">Where to look whether the key has been used.</param>
    /// <param name="meanwhile">What happens between the body's first byte and its last.</param>
    private async Task<HttpResponseMessage> SendSlowlyAsync(HttpMethod method, string path, string body, JsonNode made, string key, Func<Task> meanwhile)
    {
        var content = new SlowContent(body);
        using var request = new HttpRequestMessage(method, path) { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", (string)made["key"]!);
        var sending = api.Client.SendAsync(request);
        using var deadline = new CancellationTokenSource(Timeouts.Test);
        while ((await api.GetAsync(key))["last_used_at"] is null)
        {
            deadline.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        await meanwhile();
        content.Rest.SetResult();
        return await sending.WaitAsync(Timeouts.Test);
    }

    /// <summary>All but the first byte comes when it is told to.</summary>
    private sealed class SlowContent : HttpContent
    {
        private readonly byte[] _body;

        public SlowContent(string body)
        {
            _body = Encoding.UTF8.GetBytes(body);
            Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        public TaskCompletionSource Rest { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(_body.AsMemory(0, 1));
            await stream.FlushAsync();
            await Rest.Task;
            await stream.WriteAsync(_body.AsMemory(1));
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _body.Length;
            return true;
        }
    }
}
