using System.Text;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Grains.Sessions;
using Krewe.Tests.Grains.Storage;

namespace Krewe.Tests.Grains.Sessions;

/// <summary>XEP-0160, the storing side.</summary>
public sealed class OfflineMessagesGrainTests : IAsyncLifetime, IDisposable
{
    private const int NoLimit = 0;

    private static readonly Jid Juliet = Jid.Parse("juliet@verona.localhost");

    private readonly DataFolder _folder = new();
    private StorageSilo _silo = null!;

    private IOfflineMessagesGrain Messages => _silo.Grains.OfflineMessages(Juliet);

    public async Task InitializeAsync() => _silo = await StorageSilo.StartAsync(_folder.Options);

    public async Task DisposeAsync() => await _silo.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Messages_AfterARestart_AreWhatCameInTheOrderItCame()
    {
        var earliest = DateTimeOffset.UtcNow;
        Assert.True(await Messages.StoreAsync(Message("a"), 100));
        Assert.True(await Messages.StoreAsync(Message("b"), 100));

        await RestartAsync();
        Assert.True(await Messages.StoreAsync(Message("c"), 100));

        var waiting = await Messages.ListAsync();
        Assert.Equal(["a", "b", "c"], waiting.Select(message => message.Message.Id));
        Assert.Equal(waiting.Select(message => message.Number).Order().Distinct(), waiting.Select(message => message.Number));
        Assert.All(waiting, message => Assert.InRange(message.ReceivedAt, earliest, DateTimeOffset.UtcNow));
        var (expected, actual) = (Message("a"), waiting[0].Message);
        Assert.Equal(expected.Xml.ToArray(), actual.Xml.ToArray());
        Assert.Equal(expected with { Xml = default }, actual with { Xml = default });
    }

    [Fact]
    public async Task Store_AtTheLimit_IsRefusedUntilThereIsRoom()
    {
        Assert.True(await Messages.StoreAsync(Message("a"), 2));
        Assert.True(await Messages.StoreAsync(Message("b"), 2));
        Assert.False(await Messages.StoreAsync(Message("c"), 2));

        await Messages.RemoveAsync((await Messages.ListAsync())[0].Number);
        Assert.True(await Messages.StoreAsync(Message("d"), 2));
        Assert.Equal(["b", "d"], await IdsAsync());
    }

    [Fact]
    public async Task Store_WithoutALimit_IsBoundedByBytes()
    {
        var quarter = OfflineMessagesGrain.MessageBytesMax / 4;
        for (var i = 0; i < 4; i++)
        {
            Assert.True(await Messages.StoreAsync(Message($"{i}", quarter), NoLimit));
        }

        Assert.False(await Messages.StoreAsync(Message("one byte more", 1), NoLimit));
        Assert.Equal(["0", "1", "2", "3"], await IdsAsync());
    }

    [Fact]
    public async Task Remove_ForgetsUpToTheNumberForGood()
    {
        foreach (var id in new[] { "a", "b", "c" })
        {
            await Messages.StoreAsync(Message(id), NoLimit);
        }

        var waiting = await Messages.ListAsync();
        await Messages.RemoveAsync(waiting[1].Number);
        await Messages.RemoveAsync(waiting[0].Number);
        await RestartAsync();

        Assert.Equal(["c"], await IdsAsync());
    }

    [Fact]
    public async Task Number_AfterAllWereRemoved_NeverComesAgain()
    {
        await Messages.StoreAsync(Message("old"), NoLimit);
        var old = Assert.Single(await Messages.ListAsync()).Number;
        await Messages.RemoveAsync(old);
        Assert.Empty(await Messages.ListAsync());
        Assert.Equal(0L, _folder.Scalar("SELECT count(*) FROM grain_state"));

        await RestartAsync();
        await Messages.StoreAsync(Message("new"), NoLimit);

        // A second delivery of the old message ends only now.
        await Messages.RemoveAsync(old);
        Assert.Equal(["new"], await IdsAsync());
    }

    private async Task<IEnumerable<string?>> IdsAsync() => (await Messages.ListAsync()).Select(message => message.Message.Id);

    private async Task RestartAsync()
    {
        await _silo.DisposeAsync();
        _silo = await StorageSilo.StartAsync(_folder.Options);
    }

    private static StanzaFrame Message(string id, int? bytes = null)
    {
        var xml = Encoding.UTF8.GetBytes($"<message to='juliet@verona.localhost' id='{id}'><body>ö &amp; 🎭</body></message>");
        return new(StanzaKind.Message, StanzaType.Chat, Jid.Parse("romeo@verona.localhost/orchard"), Juliet, id, bytes is { } length ? new byte[length] : xml, 36);
    }
}
