using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Krewe.Contracts.Addressing;

namespace Krewe.Tests.Unit.Addressing;

/// <summary>RFC 7622 §3.2 to §3.4, RFC 8265, RFC 5892 and RFC 5893, part by part.</summary>
public sealed class JidEnforcementTests
{
    [Theory]
    [InlineData("Romeo", "romeo")]
    [InlineData("\uFF32omeo", "romeo")]
    [InlineData("e\u0301", "\u00E9")]
    [InlineData("\u0130", "i\u0307")]
    [InlineData("\u1E9E", "\u00DF")]
    [InlineData("\u039F\u0394\u039F\u03A3", "\u03BF\u03B4\u03BF\u03C3")]
    [InlineData("\uFF76\uFF9E", "\u30AC")]
    [InlineData("\uD801\uDC00", "\uD801\uDC28")]
    [InlineData("l\u00B7l", "l\u00B7l")]
    [InlineData("\u0644\u0645", "\u0644\u0645")]
    [InlineData("\u05D0\u05D11", "\u05D0\u05D11")]
    [InlineData("\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645", "\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645")]
    [InlineData("\u0915\u094D\u200D\u0937", "\u0915\u094D\u200D\u0937")]
    [InlineData("\u30AB\u30FB\u30BF", "\u30AB\u30FB\u30BF")]
    [InlineData("\u0661\u0662\u0627", null)]
    [InlineData("\u0627\u0661\u0662", "\u0627\u0661\u0662")]
    [InlineData("\u0627\u0661\u06F1", null)]
    [InlineData("\u05D0a", null)]
    [InlineData("1\u05D0", null)]
    [InlineData("a\u00B7l", null)]
    [InlineData("a\u30FBb", null)]
    [InlineData("a\u200Cb", null)]
    [InlineData("\u200C", null)]
    [InlineData("a\u00ADb", null)]
    [InlineData("\uFB01", null)]
    [InlineData("a\u3000b", null)]
    [InlineData("a\uFF0Fb", null)]
    [InlineData("\u0640", null)]
    [InlineData("\u1100", null)]
    [InlineData("\uE000", null)]
    [InlineData("\u0378", null)]
    [InlineData("\uD83D\uDE00", null)]
    public void Localpart_IsUsernameCaseMapped(string text, string? expected)
    {
        Assert.Equal(expected is not null, JidEnforcement.TryPrepareLocalpart(text, out var prepared));
        if (expected is not null)
        {
            Assert.Equal(expected, prepared);
        }
    }

    [Theory]
    [InlineData("Foo", "Foo")]
    [InlineData("a\u00A0b", "a b")]
    [InlineData("a\u3000b", "a b")]
    [InlineData("e\u0301", "\u00E9")]
    [InlineData("\uFF21", "\uFF21")]
    [InlineData("\uD83D\uDE00", "\uD83D\uDE00")]
    [InlineData("\u2126", "\u03A9")]
    [InlineData("\u05D0a1", "\u05D0a1")]
    [InlineData("trailing ", "trailing ")]
    [InlineData("'\"&<>@:/", "'\"&<>@:/")]
    [InlineData(" a", null)]
    [InlineData("\u00A0a", null)]
    [InlineData("a\tb", null)]
    [InlineData("a\u0085b", null)]
    [InlineData("a\u2028b", null)]
    [InlineData("a\u202Eb", null)]
    [InlineData("a\uFFFEb", null)]
    [InlineData("a\uE000b", null)]
    public void Resourcepart_IsOpaqueString(string text, string? expected)
    {
        Assert.Equal(expected is not null, JidEnforcement.TryPrepareResourcepart(text, out var prepared));
        if (expected is not null)
        {
            Assert.Equal(expected, prepared);
        }
    }

    [Theory]
    [InlineData("EXAMPLE.com.", "example.com")]
    [InlineData("localhost", "localhost")]
    [InlineData("xn--fa-hia.de", "fa\u00DF.de")]
    [InlineData("XN--FA-HIA.de", "fa\u00DF.de")]
    [InlineData("fa\u00DF.de", "fa\u00DF.de")]
    [InlineData("B\u00DCCHER.example", "b\u00FCcher.example")]
    [InlineData("bu\u0308cher.example", "b\u00FCcher.example")]
    [InlineData("\uFF45xample\u3002com", "example.com")]
    [InlineData("example.com\uFF0E", "example.com")]
    [InlineData("\u05D0\u05D1.example", "\u05D0\u05D1.example")]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("[::1]", "[::1]")]
    [InlineData("[2001:DB8:0:0::1]", "[2001:db8::1]")]
    [InlineData("\u05D0\u05D1.1example", null)]
    [InlineData("\u2603.net", null)]
    [InlineData("xn--n3h.net", null)]
    [InlineData("ex_ample.com", null)]
    [InlineData("exa mple.com", null)]
    [InlineData("-a.example", null)]
    [InlineData("a-.example", null)]
    [InlineData("ab--c.example", null)]
    [InlineData("xn--.example", null)]
    [InlineData("xn--abc-.example", null)]
    [InlineData("xn--bcher-2pa.example", null)]
    [InlineData("a\u00ADb.example", null)]
    [InlineData("a..b", null)]
    [InlineData("example.com..", null)]
    [InlineData(".", null)]
    [InlineData("\u0301a.example", null)]
    [InlineData("[::1", null)]
    [InlineData("[127.0.0.1]", null)]
    [InlineData("[fe80::1%eth0]", null)]
    [InlineData("[]", null)]
    [InlineData("::1", null)]
    public void Domainpart_IsOfNrLdhAndULabels(string text, string? expected)
    {
        Assert.Equal(expected is not null, JidEnforcement.TryPrepareDomainpart(text, out var prepared));
        if (expected is not null)
        {
            Assert.Equal(expected, prepared);
        }
    }

    [Theory]
    [InlineData("example.com", "example.com")]
    [InlineData("b\u00FCcher.example", "xn--bcher-kva.example")]
    [InlineData("[::1]", null)]
    public void DomainToAscii_OfPreparedDomain_HasALabels(string domain, string? expected) =>
        Assert.Equal(expected, JidEnforcement.DomainToAscii(domain));

    [Fact]
    public void Preparation_OfWhatIsPrepared_ChangesNothing()
    {
        var alphabet = Gen.OneOf(
            Gen.Choose(0x20, 0x7E), Gen.Choose(0xA0, 0x24F), Gen.Choose(0x300, 0x3FF), Gen.Choose(0x590, 0x6FF), Gen.Choose(0x900, 0x97F),
            Gen.Choose(0x13A0, 0x13F5), Gen.Choose(0x1E00, 0x1FFF), Gen.Choose(0x2000, 0x2BFF), Gen.Choose(0x3000, 0x30FF), Gen.Choose(0xAB70, 0xABBF),
            Gen.Choose(0xFB00, 0xFFEF), Gen.Choose(0x10400, 0x1044F), Gen.Choose(0x1F300, 0x1F6FF));
        var texts = alphabet.Where(Rune.IsValid).Select(value => new Rune(value).ToString()).ListOf().Select(runes => string.Concat(runes.Take(12)));
        Prop.ForAll(Arb.From(texts), text => IsStable(text)).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    [Fact]
    public void Preparation_OfEachKindOfCodePoint_IsStable()
    {
        // Ideographs and Hangul are of one kind each: some of them stand for all.
        for (var value = 0; value <= 0x323AF; value += value is (>= 0x3400 and < 0xD700) or >= 0x20000 ? 97 : 1)
        {
            if (Rune.IsValid(value))
            {
                Assert.True(IsStable(new Rune(value).ToString()), $"U+{value:X4}");
            }
        }
    }

    [Fact]
    public void ShortWay_AgreesWithTheLongOne()
    {
        var texts = Gen.Elements("abcxyzABZ019.-@/_ :[]'\"\\~n".ToCharArray()).ListOf().Select(letters => string.Concat(letters.Take(14)));
        Prop.ForAll(Arb.From(texts), text =>
        {
            var slash = text.IndexOf('/');
            var bare = slash < 0 ? text : text[..slash];
            var at = bare.IndexOf('@');
            string? local = null, resource = null;
            var isValid = (at < 0 || JidEnforcement.TryPrepareLocalpart(bare[..at], out local))
                & JidEnforcement.TryPrepareDomainpart(bare[(at + 1)..], out var domain)
                & (slash < 0 || JidEnforcement.TryPrepareResourcepart(text[(slash + 1)..], out resource));
            var expected = isValid ? (local is null ? "" : local + "@") + domain + (resource is null ? "" : "/" + resource) : null;
            Jid.TryParse(text, out var fromText);
            Jid.TryParse(Encoding.UTF8.GetBytes(text), out var fromOctets);
            return fromText?.ToString() == expected && fromOctets?.ToString() == expected;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    [Fact]
    public void EnsureGlobalization_WithIcu_IsSilent() => JidEnforcement.EnsureGlobalization();

    [Fact]
    public void EnsureGlobalization_WithWhatInvariantModeDoes_Throws()
    {
        var message = Assert.Throws<InvalidOperationException>(() => JidEnforcement.EnsureGlobalization(text => text, _ => "xn--bcher-2pa.example")).Message;
        Assert.Contains("libicu", message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => JidEnforcement.EnsureGlobalization(_ => "\u00E9", _ => "xn--bcher-2pa.example"));
    }

    private static bool IsStable(string text) =>
        (!JidEnforcement.TryPrepareLocalpart(text, out var local) || (JidEnforcement.TryPrepareLocalpart(local, out var localAgain) && localAgain == local))
        && (!JidEnforcement.TryPrepareResourcepart(text, out var resource)
            || (JidEnforcement.TryPrepareResourcepart(resource, out var resourceAgain) && resourceAgain == resource))
        && (!JidEnforcement.TryPrepareDomainpart(text, out var domain)
            || (JidEnforcement.TryPrepareDomainpart(domain, out var domainAgain) && domainAgain == domain));
}
