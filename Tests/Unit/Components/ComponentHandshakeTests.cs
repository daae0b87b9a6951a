using Krewe.Frontend.Components;

namespace Krewe.Tests.Unit.Components;

/// <summary>XEP-0114 §3: what proves a component's secret (specs C-004).</summary>
public sealed class ComponentHandshakeTests
{
    [Theory]
    [InlineData("3BF96D32", "s3cr3t", "ba33290100f616a33656a931798d6c9011cfa840")]
    [InlineData("a1", "pässword", "4189357f9afa8497ea8b700fffe4b62ba8a951f1")]
    [InlineData("3BF96D32", "s3cr3t", "BA33290100F616A33656A931798D6C9011CFA840")]
    [InlineData("3BF96D32", "s3cr3t", "\n ba33290100f616a33656a931798d6c9011cfa840\n")]
    public void Digest_OfTheIdAndTheSecret_Proves(string id, string secret, string digest) => Assert.True(ComponentHandshake.Proves(id, secret, digest));

    [Theory]
    [InlineData("3BF96D33", "s3cr3t", "ba33290100f616a33656a931798d6c9011cfa840")]
    [InlineData("3BF96D32", "s3cr3T", "ba33290100f616a33656a931798d6c9011cfa840")]
    [InlineData("3BF96D32", "s3cr3t", "ba33290100f616a33656a931798d6c9011cfa841")]
    [InlineData("3BF96D32", "s3cr3t", "")]
    [InlineData("3BF96D32", "s3cr3t", "ba33290100f616a33656a931798d6c9011cfa8")]
    [InlineData("3BF96D32", "s3cr3t", "ba33290100f616a33656a931798d6c9011cfa84000")]
    [InlineData("3BF96D32", "s3cr3t", "ba33290100f616a33656a931798d6c9011cfa84")]
    [InlineData("3BF96D32", "s3cr3t", "ba 33290100f616a33656a931798d6c9011cfa840")]
    [InlineData("3BF96D32", "s3cr3t", "s3cr3t")]
    public void AnythingElse_DoesNot(string id, string secret, string digest) => Assert.False(ComponentHandshake.Proves(id, secret, digest));
}
