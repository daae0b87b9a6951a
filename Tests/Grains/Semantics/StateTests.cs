using Orleans.Storage;

namespace Krewe.Tests.Grains.Semantics;

/// <summary>State that is kept, on both hosts.</summary>
public sealed class StateTests(GrainHostFixture host) : IClassFixture<GrainHostFixture>
{
    private readonly string _key = $"state-{Guid.NewGuid():N}";

    [Fact]
    public async Task State_WrittenAndRead_ByTheNextActivation()
    {
        var grain = host.Grains.GetGrain<IStateGrain>(_key);
        var empty = await grain.ReadAsync();
        Assert.False(empty.Exists);
        Assert.Null(empty.Text);

        await grain.WriteAsync("kept");
        await grain.DeactivateAsync();
        var next = await grain.ReadAsync();
        Assert.NotEqual(empty.Activation, next.Activation);
        Assert.Equal(("kept", true, "kept"), (next.Text, next.Exists, next.AtActivation));

        await grain.ClearAsync();
        await grain.DeactivateAsync();
        Assert.False((await grain.ReadAsync()).Exists);
    }

    [Fact]
    public async Task Writes_BegunTogether_AllSucceed_AndTheLastStands()
    {
        var grain = host.Grains.GetGrain<IVersionedGrain>(_key);
        await grain.WriteAllAsync(["one", "two", "three", "four"]);
        await grain.WriteAsync("five");
        await grain.DeactivateAsync();
        Assert.Equal("five", (await grain.ReadAsync()).Text);
    }

    [Fact]
    public async Task StaleETag_IsTheCallersError_AndEndsTheActivation()
    {
        var grain = host.Grains.GetGrain<IVersionedGrain>(_key);
        await grain.WriteAsync("mine");
        var before = await grain.ReadAsync();
        host.Storage.WriteBehind(_key, new TextState("theirs"));

        await Assert.ThrowsAsync<InconsistentStateException>(() => grain.WriteAsync("mine again"));
        var after = await grain.ReadAsync();
        Assert.NotEqual(before.Activation, after.Activation);
        Assert.Equal("theirs", after.AtActivation);
        await grain.WriteAsync("mine at last");
    }
}
