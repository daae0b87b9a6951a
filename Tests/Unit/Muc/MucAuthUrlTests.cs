using Krewe.Contracts.Hosts;
using Krewe.Grains.Muc;

namespace Krewe.Tests.Unit.Muc;

public sealed class MucAuthUrlTests
{
    private const string Asked = "userJID=romeo%40a.example&mucJID=stage%40rooms.a.example&nickname=R";

    [Theory]
    [InlineData("http://h.example/can-join", "/can-join?")]
    [InlineData("http://h.example", "/?")]
    [InlineData("http://h.example/can-join?", "/can-join?")]
    [InlineData("http://h.example/can-join?x=1", "/can-join?x=1&")]
    [InlineData("http://h.example/can-join?x=1&", "/can-join?x=1&")]
    [InlineData("http://h.example/a%2Fb?x=%41%2f", "/a%2Fb?x=A%2f&")]
    [InlineData("https://h.example:8443/?x=?", "/?x=?")]
    public void Url_JoinsTheQueryAsItMust(string setting, string before) => Assert.Equal(before + Asked, Url(setting, "R")!.PathAndQuery);

    [Theory]
    [InlineData("Al ice & co=1?#/é+%;,~*!()", "Al%20ice%20%26%20co%3D1%3F%23%2F%C3%A9%2B%25%3B%2C~%2A%21%28%29")]
    [InlineData("-._~aZ09", "-._~aZ09")]
    [InlineData("'\"<>\\^`{|}[]@:$", "%27%22%3C%3E%5C%5E%60%7B%7C%7D%5B%5D%40%3A%24")]
    [InlineData("..", "..")]
    [InlineData("%41%2e", "%2541%252e")]
    [InlineData("🎭", "%F0%9F%8E%AD")]
    [InlineData("a&nickname=b", "a%26nickname%3Db")]
    public void Url_EncodesEverythingButTheUnreserved(string nickname, string encoded) =>
        Assert.Equal($"/j?userJID=romeo%40a.example&mucJID=stage%40rooms.a.example&nickname={encoded}", Url("http://h.example/j", nickname)!.PathAndQuery);

    [Fact]
    public void Url_OfTheLongestNames_IsOne() =>
        Assert.NotNull(MucAuthClient.Url("http://h.example/j", new string('é', 511) + "@" + new string('a', 1023), new string('é', 511) + "@b.example", new string('é', 511)));

    [Theory]
    [InlineData("ftp://h.example/j")]
    [InlineData("h.example/j")]
    [InlineData("")]
    public void Url_ThatIsNoHttp_IsNone(string setting) => Assert.Null(Url(setting, "R"));

    [Fact]
    public void Source_TellsServicesApart_AndKeepsNoSecret()
    {
        var auth = new MucHttpAuthSettings { Url = "http://h.example/j?token=s3cret", AuthorizationHeader = "Bearer s3cret" };

        Assert.Equal(MucAuthClient.SourceOf(auth), MucAuthClient.SourceOf(auth with { AllowFor = TimeSpan.Zero, OnError = MucAuthOnError.Stale }));
        Assert.NotEqual(MucAuthClient.SourceOf(auth), MucAuthClient.SourceOf(auth with { Url = "http://h.example/k" }));
        Assert.NotEqual(MucAuthClient.SourceOf(auth), MucAuthClient.SourceOf(auth with { AuthorizationHeader = null }));
        Assert.NotEqual(MucAuthClient.SourceOf(auth), MucAuthClient.SourceOf(auth with { IsInsecure = true }));
        Assert.DoesNotContain("s3cret", MucAuthClient.SourceOf(auth), StringComparison.Ordinal);
    }

    private static Uri? Url(string setting, string nickname) => MucAuthClient.Url(setting, "stage@rooms.a.example", "romeo@a.example", nickname);
}
