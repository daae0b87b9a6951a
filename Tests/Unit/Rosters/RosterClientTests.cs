using Krewe.Grains.Rosters;

namespace Krewe.Tests.Unit.Rosters;

public sealed class RosterClientTests
{
    [Theory]
    [InlineData("romeo", "/contacts/romeo")]
    [InlineData("zoë", "/contacts/zo%C3%AB")]
    [InlineData("a%41b", "/contacts/a%2541b")]
    [InlineData("x?y=1#z", "/contacts/x%3Fy%3D1%23z")]
    [InlineData("a-b_c~d.e", "/contacts/a-b_c~d.e")]
    [InlineData("a+b!c*d(e)", "/contacts/a%2Bb%21c%2Ad%28e%29")]
    [InlineData("a\\20b", "/contacts/a%5C20b")]
    [InlineData("𝒳", "/contacts/%F0%9D%92%B3")]
    [InlineData(".", "/contacts/%2E")]
    [InlineData("..", "/contacts/%2E%2E")]
    [InlineData("...", "/contacts/...")]
    public void Url_Localpart_IsEncodedOutsideUnreserved(string localpart, string target) =>
        Assert.Equal(target, RosterClient.Url("http://127.0.0.1:5290/contacts/%s", localpart)!.PathAndQuery);

    [Fact]
    public void Url_MarkInQuery_IsReplacedThere() =>
        Assert.Equal("/roster?user=a%26b&key=k", RosterClient.Url("https://app.example/roster?user=%s&key=k", "a&b")!.PathAndQuery);

    [Theory]
    [InlineData("ftp://app.example/%s")]
    [InlineData("file:///etc/%s")]
    [InlineData("/contacts/%s")]
    [InlineData("http://")]
    public void Url_NotOfTheWeb_IsNone(string template) => Assert.Null(RosterClient.Url(template, "romeo"));

    [Fact]
    public void Url_DotSegmentInATemplateWithLineBreaks_DoesNotReachTheWireRaw() =>
        Assert.DoesNotContain('\n', RosterClient.Url("http://app.example/a b\r\nX: y/%s", "..")!.PathAndQuery);
}
