using System.Text;
using Krewe.Frontend.Sasl;

namespace Krewe.Tests.Unit.Sasl;

/// <summary>RFC 7628 §3.1: the client's message; ^ stands for the octet 1.</summary>
public sealed class OAuthBearerMessageTests
{
    [Theory]
    [InlineData("n,a=user@example.com,^host=server.example.com^port=143^auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==^^", "user@example.com", "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==")]
    [InlineData("n,,^auth=Bearer a^^", null, "a")]
    [InlineData("y,,^auth=Bearer a.b-c_d~e+f/g^^", null, "a.b-c_d~e+f/g")]
    [InlineData("n,,^auth=bearer   a^^", null, "a")]
    [InlineData("n,,^qs=x y\tz^auth=BEARER a^mthd=^^", null, "a")]
    [InlineData("n,a=r=2Co=3D,^auth=Bearer a^^", "r,o=", "a")]
    public void Message_OfTheGrammar_IsRead(string message, string? authzid, string token) => Assert.Equal(new(authzid, token), Parse(message));

    [Theory]
    [InlineData("")]
    [InlineData("^")]
    [InlineData("n,,")]
    [InlineData("n,,^^")]
    [InlineData("n,,^host=x^^")]
    [InlineData("n,,^auth=Bearer a^")]
    [InlineData("n,,^auth=Bearer a")]
    [InlineData("n,,^auth=Bearer a^^^")]
    [InlineData("n,,^auth=Bearer a^^x")]
    [InlineData("n,,^^auth=Bearer a^^")]
    [InlineData("n,,^auth=Bearer^^")]
    [InlineData("n,,^auth=Bearer ^^")]
    [InlineData("n,,^auth=Bearer =^^")]
    [InlineData("n,,^auth=Bearer a b^^")]
    [InlineData("n,,^auth=Bearer a=b^^")]
    [InlineData("n,,^auth=Basic a^^")]
    [InlineData("n,,^auth=Bearera^^")]
    [InlineData("n,,^auth=Bearer a^auth=Bearer b^^")]
    [InlineData("n,,^Auth=Bearer a^^")]
    [InlineData("n,,^=Bearer a^^")]
    [InlineData("n,,^auth^^")]
    [InlineData("n,,^a1=x^auth=Bearer a^^")]
    [InlineData("n,,^x=\u007f^auth=Bearer a^^")]
    [InlineData("n,,^x=\u00e9^auth=Bearer a^^")]
    [InlineData("n,^auth=Bearer a^^")]
    [InlineData("n,,,^auth=Bearer a^^")]
    [InlineData("n,a=,^auth=Bearer a^^")]
    [InlineData("n,a==2c,^auth=Bearer a^^")]
    [InlineData("n,b=x,^auth=Bearer a^^")]
    [InlineData("p=tls-unique,,^auth=Bearer a^^")]
    [InlineData("x,,^auth=Bearer a^^")]
    [InlineData("N,,^auth=Bearer a^^")]
    [InlineData("auth=Bearer a^^")]
    [InlineData("n,,^auth=Bearer a\0^^")]
    public void Message_OutsideOfTheGrammar_IsNone(string message) => Assert.Null(Parse(message));

    [Fact]
    public void Message_NotUtf8_IsNone() => Assert.Null(OAuthBearerMessage.Parse([.. "n,a="u8, 0xFF, .. ",\u0001auth=Bearer a\u0001\u0001"u8]));

    private static OAuthBearerMessage? Parse(string message) => OAuthBearerMessage.Parse(Encoding.UTF8.GetBytes(message.Replace('^', '\u0001')));
}
