using System.Security.Cryptography;
using System.Text;
using Krewe.Grains.Outbound;

namespace Krewe.Tests.Unit.Outbound;

public sealed class HookSignatureTests
{
    /// <summary>The example of the Standard Webhooks libraries.</summary>
    [Fact]
    public void Sign_TheSpecificationsExample_IsItsSignature()
    {
        var secret = Convert.FromBase64String("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");

        var signature = HookSignature.Sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, "{\"test\": 2432232314}"u8, [secret]);

        Assert.Equal("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", signature);
    }

    [Fact]
    public void Sign_WithTwoSecrets_HasTwoSignaturesInTheirOrder()
    {
        byte[] first = [1, 2, 3], second = [4, 5, 6];

        var signature = HookSignature.Sign("msg_1", 7, "GET /contacts/romeo?x=1"u8, [first, second]);

        string Expected(byte[] key) => "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.ASCII.GetBytes("msg_1.7.GET /contacts/romeo?x=1")));
        Assert.Equal($"{Expected(first)} {Expected(second)}", signature);
    }

    [Fact]
    public void NewId_IsDifferentEachTime() => Assert.Equal(100, Enumerable.Range(0, 100).Select(_ => HookSignature.NewId()).Distinct().Count());
}
