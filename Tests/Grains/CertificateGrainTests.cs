using Krewe.Contracts.Addressing;
using Krewe.Contracts.Certificates;
using Krewe.Tests.Grains.Storage;

namespace Krewe.Tests.Grains;

/// <summary>A host's certificate of record: on disk when a change returns, and told once to whoever has it.</summary>
public sealed class CertificateGrainTests
{
    private static readonly HostCertificate First = new("a chain", "a key");
    private static readonly HostCertificate Second = new("another chain", "another key");

    [Fact]
    public async Task Certificate_IsThereAfterARestart_UntilItIsCleared()
    {
        using var folder = new DataFolder();
        long version;
        await using (var silo = await StorageSilo.StartAsync(folder.Options))
        {
            var grain = silo.Grains.Certificate("verona.example");
            Assert.Equal(HostCertificateAnswer.None, await grain.GetAsync(0));
            Assert.True(await grain.PutAsync(First));
            version = (await grain.GetAsync(0)).Version;
            Assert.Equal(HostCertificateAnswer.None, await silo.Grains.Certificate("mantua.example").GetAsync(0));
        }

        await using (var silo = await StorageSilo.StartAsync(folder.Options))
        {
            var grain = silo.Grains.Certificate("verona.example");
            Assert.Equal(new HostCertificateAnswer(version, First), await grain.GetAsync(0));
            Assert.True(await grain.ClearAsync());
            Assert.False(await grain.ClearAsync());
            Assert.Equal(HostCertificateAnswer.None, await grain.GetAsync(version));
        }

        Assert.Equal(0L, folder.Scalar("SELECT count(*) FROM grain_state"));
    }

    [Fact]
    public async Task Certificate_ThatTheCallerHas_IsNotToldAgain_AndEachChangeIsANewOne()
    {
        using var folder = new DataFolder();
        await using var silo = await StorageSilo.StartAsync(folder.Options);
        var grain = silo.Grains.Certificate("verona.example");
        await grain.PutAsync(First);
        var first = await grain.GetAsync(0);
        Assert.Equal(first with { Certificate = null }, await grain.GetAsync(first.Version));

        Assert.False(await grain.PutAsync(Second));
        var second = await grain.GetAsync(first.Version);
        Assert.Equal(Second, second.Certificate);
        Assert.True(second.Version > first.Version);

        // Taken back and put again within the same millisecond: still another one.
        await grain.ClearAsync();
        await grain.PutAsync(First);
        Assert.Equal(First, (await grain.GetAsync(second.Version)).Certificate);
    }

    [Fact]
    public void Certificate_InALog_HasNoKey() => Assert.DoesNotContain("key", $"{new HostCertificateAnswer(1, First)}", StringComparison.Ordinal);
}
