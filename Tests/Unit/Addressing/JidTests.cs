using System.Globalization;
using System.Text;
using Krewe.Contracts.Addressing;

namespace Krewe.Tests.Unit.Addressing;

/// <summary>RFC 7622 §3: the two tables of §3.5, the limits of §3.1 and how an address is cut.</summary>
public sealed class JidTests
{
    [Theory]
    [InlineData("juliet@example.com", "juliet", "example.com", null)]
    [InlineData("juliet@example.com/foo", "juliet", "example.com", "foo")]
    [InlineData("juliet@example.com/foo bar", "juliet", "example.com", "foo bar")]
    [InlineData("juliet@example.com/foo@bar", "juliet", "example.com", "foo@bar")]
    [InlineData(@"foo\20bar@example.com", @"foo\20bar", "example.com", null)]
    [InlineData("fussball@example.com", "fussball", "example.com", null)]
    [InlineData("fu\u00DFball@example.com", "fu\u00DFball", "example.com", null)]
    [InlineData("\u03C0@example.com", "\u03C0", "example.com", null)]
    [InlineData("\u03A3@example.com/foo", "\u03C3", "example.com", "foo")]
    [InlineData("\u03C3@example.com/foo", "\u03C3", "example.com", "foo")]
    [InlineData("\u03C2@example.com/foo", "\u03C2", "example.com", "foo")]
    [InlineData("king@example.com/\u265A", "king", "example.com", "\u265A")]
    [InlineData("example.com", null, "example.com", null)]
    [InlineData("example.com/foobar", null, "example.com", "foobar")]
    [InlineData("a.example.com/b@example.net", null, "a.example.com", "b@example.net")]
    public void TryParse_OfTable1_GivesTheParts(string text, string? localpart, string domainpart, string? resourcepart)
    {
        Assert.True(Jid.TryParse(text, out var jid));
        Assert.Equal(localpart, jid.Localpart);
        Assert.Equal(domainpart, jid.Domainpart);
        Assert.Equal(resourcepart, jid.Resourcepart);
        Assert.Equal(localpart ?? "", jid.LocalpartSpan.ToString());
        Assert.Equal(domainpart, jid.DomainpartSpan.ToString());
        Assert.Equal(localpart is not null, jid.HasLocalpart);
        Assert.Equal(jid, Jid.Parse(jid.ToString()));
        Assert.True(Jid.TryParse(Encoding.UTF8.GetBytes(text), out var fromOctets));
        Assert.Equal(jid, fromOctets);
    }

    [Theory]
    [InlineData("\"juliet\"@example.com")]
    [InlineData("foo bar@example.com")]
    [InlineData("juliet@example.com/ foo")]
    [InlineData("@example.com/")]
    [InlineData("henry\u2163@example.com")]
    [InlineData("\u265A@example.com")]
    [InlineData("juliet@")]
    [InlineData("/foobar")]
    [InlineData("")]
    [InlineData("@")]
    [InlineData("/")]
    [InlineData("@d")]
    [InlineData("d/")]
    [InlineData("l@")]
    [InlineData("l@/r")]
    [InlineData("l@@d")]
    [InlineData("a@b@c")]
    [InlineData("a&b@d")]
    [InlineData("a'b@d")]
    [InlineData("a:b@d")]
    [InlineData("a<b@d")]
    [InlineData("a>b@d")]
    [InlineData("a\u0001@d")]
    [InlineData("a@d/\u0001")]
    [InlineData("a@d/\u007F")]
    [InlineData("a@d/\u00A0b")]
    [InlineData("a\uFF20b@d")]
    [InlineData("a\u200Db@d")]
    public void TryParse_OfWhatIsNoAddress_IsFalse(string text)
    {
        Assert.False(Jid.TryParse(text, out _));
        Assert.False(Jid.TryParse(Encoding.UTF8.GetBytes(text), out _));
    }

    [Fact]
    public void TryParse_OfLoneSurrogates_IsFalse()
    {
        Assert.False(Jid.TryParse("a\uD800@d", out _));
        Assert.False(Jid.TryParse("a@\uDC00d", out _));
        Assert.False(Jid.TryParse("a@d/\uDC00", out _));
    }

    [Fact]
    public void TryParse_OfNull_IsFalse() => Assert.False(Jid.TryParse((string?)null, out _));

    [Fact]
    public void TryParse_OfOctetsThatAreNotUtf8_IsFalse()
    {
        Assert.False(Jid.TryParse([(byte)'a', 0xC0, 0xAF, (byte)'@', (byte)'d'], out _));
        Assert.False(Jid.TryParse([0xED, 0xA0, 0x80, (byte)'@', (byte)'d'], out _));
    }

    [Theory]
    [InlineData("a", 1023, true)]
    [InlineData("a", 1024, false)]
    [InlineData("\u00E9", 511, true)]
    [InlineData("\u00E9", 512, false)]
    [InlineData("e\u0301", 511, true)]
    [InlineData("e\u0301", 512, false)]
    public void TryParse_NearTheLimit_CountsPreparedOctets(string letter, int count, bool isValid)
    {
        var part = string.Concat(Enumerable.Repeat(letter, count));
        foreach (var text in (string[])[$"{part}@example.com", $"example.com/{part}"])
        {
            Assert.Equal(isValid, Jid.TryParse(text, out _));
            Assert.Equal(isValid, Jid.TryParse(Encoding.UTF8.GetBytes(text), out _));
        }
    }

    [Fact]
    public void TryParse_OfLetterThatGrowsInLowerCase_CountsPreparedOctets()
    {
        // U+0130 has two octets, its lower case three.
        Assert.True(Jid.TryParse(new string('\u0130', 341) + "@example.com", out var jid));
        Assert.Equal(1023, Encoding.UTF8.GetByteCount(jid.Localpart!));
        Assert.False(Jid.TryParse(new string('\u0130', 342) + "@example.com", out _));
    }

    [Fact]
    public void TryParse_OfLongDomains_KeepsToTheLimits()
    {
        var label = new string('a', 63);
        var longest = string.Join('.', Enumerable.Repeat(label, 15)) + "." + new string('b', 63);
        Assert.Equal(1023, longest.Length);
        Assert.True(Jid.TryParse(longest, out _));
        Assert.True(Jid.TryParse(longest.ToUpperInvariant(), out _));
        Assert.False(Jid.TryParse("a." + longest, out _));
        Assert.False(Jid.TryParse("A." + longest, out _));
        Assert.False(Jid.TryParse(label + "a.example", out _));
        Assert.False(Jid.TryParse(label + "A.example", out _));
    }

    [Fact]
    public void TryParse_UnderTurkishCulture_IsTheSame()
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("tr-TR");
            Assert.Equal("indigo@istanbul.example/I\u0130\u0131", Jid.Parse("INDIGO@ISTANBUL.example/I\u0130\u0131").ToString());
            Assert.Equal("\u0131i\u0307@d", Jid.Parse("\u0131\u0130@d").ToString());
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void Equals_OfDifferentSpellings_IsByPreparedForm()
    {
        Assert.Equal(Jid.Parse("Juliet@EXAMPLE.com./Balcony"), Jid.Parse("juliet@example.com/Balcony"));
        Assert.NotEqual(Jid.Parse("juliet@example.com/Balcony"), Jid.Parse("juliet@example.com/balcony"));
        Assert.NotEqual(Jid.Parse("fussball@example.com"), Jid.Parse("fu\u00DFball@example.com"));
    }

    [Fact]
    public void TryParse_OfPreparedOctets_MakesNothingButTheResult()
    {
        var bare = "juliet@verona.example"u8.ToArray();
        Jid.TryParse(bare, out var warm);
        Assert.NotNull(warm);
        const int count = 1000;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < count; i++)
        {
            Jid.TryParse(bare, out warm);
        }

        // One object of 40 octets, one string of 22 + 2 × 21.
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / count, 1, 112);
    }

    [Fact]
    public void Domainpart_AskedTwice_IsOneString()
    {
        var jid = Jid.Parse("juliet@verona.example");
        Assert.Same(jid.Domainpart, jid.Domainpart);
    }
}
