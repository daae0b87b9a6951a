using System.Collections.Immutable;
using System.Text;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Rosters;
using Krewe.Grains.Storage;

namespace Krewe.Tests.Grains.Storage;

public class GrainStateSerializerTests
{
    [Fact]
    public void Json_IsWhatIsOnDisk()
    {
        var state = new SampleState
        {
            Text = "é", Owner = Jid.Parse("juliet@verona.localhost"), Bytes = "AB"u8.ToArray(), Items = [new("n", ["g"], DayOfWeek.Monday, null)],
        };

        Assert.Equal(
            """{"text":"é","owner":"juliet@verona.localhost","bytes":"QUI=","items":[{"name":"n","groups":["g"],"day":1}]}""",
            Encoding.UTF8.GetString(GrainStateSerializer.Serialize(state)));
    }

    [Fact]
    public void Members_ThatAreUnknown_AreIgnored() =>
        Assert.Equal("t", Read<SampleState>("""{"later":{"a":[1,{}]},"text":"t","even-later":null}""").Text);

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"text":"t"}""")]
    public void Arrays_ThatAreMissing_AreEmpty(string json)
    {
        Assert.Empty(Read<SampleState>(json).Items);
        Assert.Empty(Read<RosterSnapshot>(json).Items);
        Assert.Empty(Read<SampleState>("""{"items":[{"name":"n"}]}""").Items[0].Groups);
    }

    [Fact]
    public void Arrays_ThatWereNeverSet_AreWrittenEmpty()
    {
        var json = GrainStateSerializer.Serialize(new SampleItem("n", default, DayOfWeek.Monday, null));
        Assert.Equal("""{"name":"n","groups":[],"day":1}""", Encoding.UTF8.GetString(json));
    }

    [Fact]
    public void Contracts_ComeBackEqual()
    {
        var jid = Jid.Parse("nurse@verona.localhost");
        var change = new RosterChange("e.3", null, new RosterItem(jid, "Nurse", SubscriptionState.Both, true, false, ["a", "b"]));
        Assert.Equal(change, GrainStateSerializer.Deserialize<RosterChange>(GrainStateSerializer.Serialize(change)));

        var byJid = ImmutableDictionary<Jid, int>.Empty.Add(jid, 4);
        Assert.Equal(byJid, GrainStateSerializer.Deserialize<ImmutableDictionary<Jid, int>>(GrainStateSerializer.Serialize(byJid)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("""{"text":"secret",""")]
    [InlineData("""{"owner":"secret@@"}""")]
    [InlineData("""{"bytes":"secret!"}""")]
    public void Json_ThatIsBad_IsAnErrorThatTellsNothingOfIt(string json)
    {
        var error = Assert.Throws<StorageException>(() => Read<SampleState>(json));
        Assert.DoesNotContain("secret", error.ToString(), StringComparison.Ordinal);
    }

    private static T Read<T>(string json) => GrainStateSerializer.Deserialize<T>(Encoding.UTF8.GetBytes(json));
}
