using System.Text;
using System.Text.RegularExpressions;
using Krewe.Frontend.Streams;

namespace Krewe.Tests.Unit.Xml;

/// <summary>RFC 6120 §4.9.3: 25 conditions, each with its spelling.</summary>
public sealed partial class StreamErrorTests
{
    [Fact]
    public void Conditions_AreComplete_AndSpelledAsTheyAreNamed()
    {
        var conditions = Enum.GetValues<StreamErrorCondition>();

        Assert.Equal(25, conditions.Length);
        Assert.All(conditions, c => Assert.Equal(Humps().Replace($"{c}", "-$1").ToLowerInvariant()[1..], c.ToName()));
        Assert.All(conditions, c => Assert.Equal(c.ToName(), Encoding.UTF8.GetString(c.ToUtf8())));
    }

    [Fact]
    public void Exception_CarriesConditionAndText()
    {
        var thrown = Assert.Throws<StreamException>(() => StreamException.Throw(StreamErrorCondition.PolicyViolation, "too big"));

        Assert.Equal((StreamErrorCondition.PolicyViolation, "too big", "policy-violation: too big"), (thrown.Condition, thrown.Text, thrown.Message));
    }

    [GeneratedRegex("([A-Z])")]
    private static partial Regex Humps();
}
