using Krewe.Frontend.Http;

namespace Krewe.Tests.Unit.Http;

public sealed class PerHostTests
{
    [Fact]
    public void EachHost_HasItsOwnBound_AndLeavesNothingBehind()
    {
        var limit = new PerHost(3);
        Assert.True(limit.TryBegin("a", 2));
        Assert.False(limit.TryBegin("a", 2));
        Assert.True(limit.TryBegin("a"));
        Assert.True(limit.TryBegin("b", 3));
        Assert.True(limit.TryBegin("a", 0));
        Assert.Equal(2, limit.Count);

        limit.End("a", 2);
        Assert.True(limit.TryBegin("a", 2));
        limit.End("a", 3);
        limit.End("a", 0);
        limit.End("b", 3);
        Assert.True(limit.TryBegin("c", 0));
        Assert.Equal(0, limit.Count);
    }
}
