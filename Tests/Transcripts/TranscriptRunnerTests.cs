using Krewe.Tests.Support;

namespace Krewe.Tests.Transcripts;

/// <summary>A transcript that is wrong fails, and says where.</summary>
public sealed class TranscriptRunnerTests(LocalPathServer server) : IClassFixture<LocalPathServer>
{
    [Theory]
    [InlineData("juliet/b sends: <iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>", "unread")]
    [InlineData("juliet/b sends: <iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>\njuliet/b receives nothing", "wrong.xt:3")]
    [InlineData("juliet/b sends: <iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>\njuliet/b receives: <iq type='result' id='1'/>", "unexpected attribute to")]
    [InlineData("juliet/b sends: <iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>\njuliet/b receives: <iq type='result' id='2' to='juliet@verona.example/b'/>", "@id")]
    [InlineData("connected: romeo/o\njuliet/b sends: <message to='romeo@verona.example/o'><body>a</body></message>\nromeo/o receives: <message to='{any}' from='{any}'><body>b</body></message>", "'b'")]
    [InlineData("online: romeo/o\njuliet/b sends: <message to='romeo@verona.example/o'/>\nromeo/o receives nothing", "wrong.xt:4")]
    [InlineData("refresh: [] -> 200 {\"updated\":1}", "expected {")]
    [InlineData("connected: juliet/b\njuliet/b sends: <iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>\njuliet/b is closed", "expected the end")]
    public async Task Transcript_ThatIsWrong_Fails(string steps, string why)
    {
        var transcript = TranscriptParser.Parse("wrong.xt", $"# RFC 6120 §8: nothing that is true\n{steps}");

        var failure = await Assert.ThrowsAnyAsync<Exception>(() => new TranscriptRunner(server.Krewe, transcript, isByteByByte: false).RunAsync());

        Assert.Contains(why, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("juliet/b sends: <presence/>")]
    [InlineData("# a title without a section\njuliet/b sends: <presence/>")]
    [InlineData("# RFC 6120 §8: title\njuliet/b shouts: <presence/>")]
    [InlineData("# RFC 6120 §8: title\n  <continues nothing/>")]
    public void Transcript_ThatIsNone_IsRefused(string text) => Assert.Throws<FormatException>(() => TranscriptParser.Parse("none.xt", text));

    [Fact]
    public async Task Captures_OfTheSameValue_AreNotNew()
    {
        var transcript = TranscriptParser.Parse("same.xt",
            """
            # RFC 6120 §8: two equal values
            juliet/b sends: <message to='juliet@verona.example/b' id='1'/><message to='juliet@verona.example/b' id='1'/>
            juliet/b receives: <message to='{any}' from='{any}' id='{new:one}'/><message to='{any}' from='{any}' id='{new:two}'/>
            """);

        await Assert.ThrowsAnyAsync<Exception>(() => new TranscriptRunner(server.Krewe, transcript, isByteByByte: false).RunAsync());
    }
}
