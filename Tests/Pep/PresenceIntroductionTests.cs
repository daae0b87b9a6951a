using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Krewe.Frontend.Components;
using Krewe.Frontend.Privileges;
using Krewe.Tests.Defects;
using Krewe.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Tests.Pep;

/// <summary>
/// A component that is told of many users at once (XEP-0356 §8) gets them as fast as it reads, and is not taken for one that reads too slowly; of several connections the others
/// are told of the users of one that is lost.
/// </summary>
public sealed class PresenceIntroductionTests(RunningKrewe krewe) : IClassFixture<RunningKrewe>
{
    private const string Domain = "many.pep.example";
    private const string Component = $"pubsub.{Domain}";

    // Together far more than may wait for a component, and sockets hold besides.
    private const int Users = 80;
    private const int PresenceBytes = 240_000;

    [Fact]
    public async Task Component_ThatIsToldOfMoreThanMayWait_GetsItAll()
    {
        Assert.True(Users * PresenceBytes > 2 * ComponentStream.WaitingBytesMax);
        var tenant = await krewe.TenantAsync(Settings(isGranted: false), Domain);
        var status = $"<status>{new string('x', PresenceBytes)}</status>";
        var clients = await Task.WhenAll(Enumerable.Range(0, Users).Select(async number =>
        {
            var client = await tenant.LoginAsync($"u{number}");
            await client.AvailableAsync(status);
            return client;
        }));

        // It reads nothing up to here, and from then on as fast as it can.
        await using var link = await ComponentLink.ConnectAsync(krewe.Component, Component);
        Assert.True(krewe.Services.GetRequiredService<ComponentTable>().TryPick(Component, "anybody", out var stream));
        await krewe.PutHostAsync(Domain, tenant.Hook.Url + "/contacts/%s", Settings(isGranted: true));
        await Presences.WhenAsync(() => stream.Queue.WaitingBytes > PresenceIntroduction.WaitingBytesMax);

        // All the others could be behind it by now.
        foreach (var client in clients)
        {
            await client.AssertAliveAsync();
        }

        Assert.True(stream.IsOpen);
        var seen = new Presences();
        link.Begin(seen.Note);
        await Presences.WhenAsync(() => seen.Count == Users);
    }

    [Fact]
    public async Task Connections_ThatShareTheWork_TakeOverTheUsersOfOneThatIsLost()
    {
        const string Shared = "shared.pep.example";
        var settings = Settings(isGranted: true, Shared);
        settings["components"]![$"pubsub.{Shared}"]!["component_conflict_resolve"] = "balance";
        var tenant = await krewe.TenantAsync(settings, Shared);
        await using var first = await ComponentLink.ConnectAsync(krewe.Component, $"pubsub.{Shared}");
        await using var second = await ComponentLink.ConnectAsync(krewe.Component, $"pubsub.{Shared}");
        var toFirst = new Presences();
        var toSecond = new Presences();
        first.Begin(toFirst.Note);
        second.Begin(toSecond.Note);
        var users = new HashSet<string>(StringComparer.Ordinal);
        while (toFirst.Count < 3 || toSecond.Count < 3)
        {
            var client = await tenant.LoginAsync($"u{users.Count}");
            await client.AvailableAsync();
            users.Add(client.Full);
            await Presences.WhenAsync(() => toFirst.Count + toSecond.Count == users.Count);
        }

        first.Kill();

        await Presences.WhenAsync(() => toSecond.Count == users.Count);
        Assert.Equal(users.Order(), toSecond.Users.Order());
    }

    [Fact]
    public async Task Connection_ThatJoinsOthers_TakesOverItsShare_AndTheyHearOfThoseUsersThatTheyAreGone()
    {
        const string Joined = "joined.pep.example";
        var settings = Settings(isGranted: true, Joined);
        settings["components"]![$"pubsub.{Joined}"]!["component_conflict_resolve"] = "balance";
        var tenant = await krewe.TenantAsync(settings, Joined);
        await using var first = await ComponentLink.ConnectAsync(krewe.Component, $"pubsub.{Joined}");
        var toFirst = new ConcurrentQueue<(string User, bool IsThere)>();
        first.Begin(stanza => Note(stanza, toFirst));
        for (var number = 0; number < 16; number++)
        {
            await (await tenant.LoginAsync($"u{number}")).AvailableAsync();
        }

        await Presences.WhenAsync(() => toFirst.Count == 16);
        await using var second = await ComponentLink.ConnectAsync(krewe.Component, $"pubsub.{Joined}");
        var toSecond = new Presences();
        second.Begin(toSecond.Note);

        // Of sixteen users one in 65,536 times all stay where they were.
        await Presences.WhenAsync(() => toSecond.Count > 0 && toFirst.Count - 16 == toSecond.Count);
        Assert.Equal(toSecond.Users.Order(), toFirst.Skip(16).Select(static one => one.User).Order());
        Assert.All(toFirst.Skip(16), static one => Assert.False(one.IsThere));
    }

    private static void Note(XElement stanza, ConcurrentQueue<(string User, bool IsThere)> told)
    {
        if (stanza.Name.LocalName == "presence")
        {
            told.Enqueue(((string)stanza.Attribute("from")!, stanza.Attribute("type") is null));
        }
    }

    /// <summary>Who a connection was told is there; nobody twice.</summary>
    private sealed class Presences
    {
        private readonly ConcurrentDictionary<string, byte> _users = new(StringComparer.Ordinal);

        public int Count => _users.Count;

        public IEnumerable<string> Users => _users.Keys;

        public static async Task WhenAsync(Func<bool> condition)
        {
            var patience = Stopwatch.StartNew();
            while (!condition())
            {
                Assert.True(patience.Elapsed < Timeouts.Test, "not everybody came");
                await Task.Delay(TimeSpan.FromMilliseconds(5));
            }
        }

        public void Note(XElement stanza)
        {
            if (stanza.Name.LocalName == "presence")
            {
                Assert.True(_users.TryAdd((string)stanza.Attribute("from")!, 0));
            }
        }
    }

    private static JsonObject Settings(bool isGranted, string domain = Domain)
    {
        var component = $"pubsub.{domain}";
        var settings = new JsonObject { ["components"] = new JsonObject { [component] = new JsonObject { ["type"] = "external", ["component_secret"] = PepNames.Secret } } };
        if (isGranted)
        {
            settings["privileged_entities"] = PepGrants.Privileges(component, "managed_entity");
        }

        return settings;
    }
}
