using System.Reflection;

namespace Krewe.Tests.Architecture;

public sealed partial class LocalOrleansApiTests
{
    [Fact]
    public void EveryLine_OfLocalOrleansPublicApi_IsInOrleans()
    {
        var orleans = Directory.EnumerateFiles(AppContext.BaseDirectory, "Orleans.*.dll")
            .Select(file => Assembly.Load(Path.GetFileNameWithoutExtension(file)))
            .SelectMany(PublicSignatures.Of)
            .ToHashSet(StringComparer.Ordinal);

        var recorded = Recorded;
        Assert.NotEmpty(recorded);
        var added = recorded.Where(line => !orleans.Contains(line)).ToArray();
        Assert.True(added.Length == 0, $"not in Orleans:\n{string.Join('\n', added)}");
    }
}
