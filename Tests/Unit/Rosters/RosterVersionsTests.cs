using Krewe.Frontend.Rosters;

namespace Krewe.Tests.Unit.Rosters;

/// <summary>Which of two versions of one roster is the later, as pushes behind a roster result must know.</summary>
public sealed class RosterVersionsTests
{
    [Theory]
    [InlineData("a.2", "a.1", true)]
    [InlineData("a.1", "a.2", false)]
    [InlineData("a.1", "a.1", false)]
    [InlineData("a.10", "a.9", true)]
    [InlineData("b.3", "a.2", true)]
    [InlineData("a.3", "b.2", true)]
    [InlineData("a.1", "0.0", true)]
    [InlineData("0.0", "a.1", false)]
    [InlineData("a.9223372036854775807", "a.9223372036854775806", true)]
    [InlineData("nonsense", "a.1", false)]
    [InlineData("a.1", "nonsense", true)]
    [InlineData("", "", false)]
    public void Number_DecidesWhateverTheEpoch(string version, string than, bool isLater) => Assert.Equal(isLater, RosterVersions.IsLater(version, than));
}
