using Krewe.Contracts.Hosts;

namespace Krewe.Tests.Unit.Hosts;

/// <summary>Host keys as their holders write them.</summary>
public sealed class HostKeyTokenTests
{
    [Theory]
    [InlineData("verona.localhost")]
    [InlineData("bücher.example")]
    public void Token_WrittenAndRead_IsTheSame(string domain)
    {
        var token = new HostKeyToken(domain, "0a1b", "s-e_c");

        Assert.True(HostKeyToken.TryParse(token.ToToken(), out var read));
        Assert.Equal(token, read);
        Assert.DoesNotContain("s-e_c", $"{token}", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("krewe")]
    [InlineData("krewe...")]
    [InlineData("krewe.dmVyb25h.id")]
    [InlineData("krewe.dmVyb25h.id.secret.more")]
    [InlineData("other.dmVyb25h.id.secret")]
    [InlineData("krewe.!!!.id.secret")]
    [InlineData("krewe.VkVST05B.id.secret")]
    [InlineData("krewe._w.id.secret")]
    public void Text_ThatIsNoToken_IsNotRead(string text) => Assert.False(HostKeyToken.TryParse(text, out _));

    [Fact]
    public void Text_ThatIsTooLong_IsNotRead() => Assert.False(HostKeyToken.TryParse($"krewe.dmVyb25h.id.{new string('a', 5000)}", out _));
}
