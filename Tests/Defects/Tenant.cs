using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Krewe.Contracts.Addressing;
using Krewe.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Tests.Defects;

/// <summary>One virtual host and its tenant's application, which answers for each user what the test says.</summary>
internal sealed class Tenant : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, HookAnswer> _answers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> _accounts = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<XmppClient> _clients = [];
    private readonly RunningKrewe _krewe;

    public Tenant(RunningKrewe krewe, string domain, HookServer hook)
    {
        (_krewe, Domain, Hook) = (krewe, domain, hook);
        hook.Handler = context => _answers.TryGetValue(UserOf(context), out var answer) ? answer(context) : HookAnswers.Status(404)(context);
    }

    public string Domain { get; }

    public HookServer Hook { get; }

    /// <summary>What the application answers for a user from now on.</summary>
    public HookAnswer this[string user]
    {
        set => _answers[user] = value;
    }

    public string Jid(string user) => $"{user}@{Domain}";

    /// <summary>The user's contacts are these users of the same host, as friends of each other.</summary>
    public void Lists(string user, params string[] contacts) =>
        this[user] = HookAnswers.Body(new JsonObject(contacts.Select(contact => KeyValuePair.Create(Jid(contact), (JsonNode?)new JsonObject()))).ToJsonString());

    /// <summary>How often the application was asked for a user's roster.</summary>
    public int Calls(string user) => Hook.Requests.Count(request => request.Target.EndsWith("/" + Uri.EscapeDataString(user), StringComparison.Ordinal));

    public async Task<XmppClient> LoginAsync(string user, string? resource = null)
    {
        if (_accounts.TryAdd(user, 0))
        {
            await _krewe.AccountAsync(Domain, user);
        }

        var client = await XmppClient.LoginAsync(_krewe.C2S, user, Domain, resource);
        _clients.Add(client);
        return client;
    }

    /// <summary>Logs in, gets the roster and becomes available, as clients do.</summary>
    public async Task<XmppClient> OnlineAsync(string user, string? resource = null)
    {
        var client = await LoginAsync(user, resource);
        Assert.Equal("result", (string?)(await client.RosterAsync()).Attribute("type"));
        await client.AvailableAsync();
        return client;
    }

    /// <summary>Logs out; done when the server has forgotten the session.</summary>
    public async Task LogoutAsync(XmppClient client)
    {
        await client.LogoutAsync();
        await WhenGoneAsync(client);
    }

    /// <summary>Done when the server has forgotten the session of a client that left.</summary>
    public async Task WhenGoneAsync(XmppClient client)
    {
        var sessions = _krewe.Services.GetRequiredService<IGrainFactory>().Sessions(Contracts.Addressing.Jid.Parse(client.Bare));
        var patience = Stopwatch.StartNew();
        while ((await sessions.ListAsync()).Any(session => session.Jid.ToString() == client.Full))
        {
            Assert.True(patience.Elapsed < Timeouts.Test, $"{client.Full} is still bound");
            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }
    }

    /// <summary>The API's form of the refresh, with details.</summary>
    public Task<RefreshReply> RefreshAsync(params string[] names) => RefreshWithAsync(JsonSerializer.Serialize(names));

    public async Task<RefreshReply> RefreshWithAsync(string body) =>
        await RefreshReply.OfAsync(await _krewe.Provider.PostAsync($"/api/v1/hosts/{Domain}/rosters/refresh", RunningKrewe.Json(body)));

    /// <summary>Prosody's form for one user.</summary>
    public async Task<RefreshReply> RefreshOneAsync(string user) =>
        await RefreshReply.OfAsync(await _krewe.Provider.GetAsync($"/roster_admin/refresh/{Uri.EscapeDataString(user)}?host={Domain}"));

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            await client.DisposeAsync();
        }

        await Hook.DisposeAsync();
    }

    private static string UserOf(HttpContext context) => Uri.UnescapeDataString(context.Request.Path.Value!.Split('/')[^1]);
}

/// <summary>The answer to a refresh, whose four keys are checked wherever it has them.</summary>
internal sealed record RefreshReply(HttpStatusCode Status, string Text, JsonNode Body, HttpResponseMessage Response)
{
    public int Updated => Body["updated"]!.GetValue<int>();

    public int Errors => Body["errors"]!.GetValue<int>();

    public (string Status, int Updated, int Errors) Counts => (Body["status"]!.GetValue<string>(), Updated, Errors);

    /// <summary>The result of each name, in the order of the request.</summary>
    public IReadOnlyList<string> Results => [.. Body["details"]!.AsArray().Select(detail => detail!["result"]!.GetValue<string>())];

    public JsonNode Detail(string user) => Body["details"]!.AsArray().First(detail => detail!["user"]!.GetValue<string>() == user)!;

    public static async Task<RefreshReply> OfAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        return new RefreshReply(response.StatusCode, text, text.StartsWith('{') ? JsonNode.Parse(text)! : new JsonObject(), response);
    }
}
