using System.Net;
using Krewe.Frontend.Components;
using Krewe.Tests.Support;

namespace Krewe.Tests.Unit.Components;

/// <summary>Specs C-006: guessing is slow.</summary>
public sealed class HandshakeFailuresTests
{
    private static readonly IPAddress Address = IPAddress.Parse("192.0.2.1");

    private readonly FakeTimeProvider _time = new();
    private readonly HandshakeFailures _failures;

    public HandshakeFailuresTests() => _failures = new HandshakeFailures(_time);

    [Fact]
    public void ManyForOneName_BlockThatName_OfThatAddress_ForAMinute()
    {
        Note(HandshakeFailures.OfComponentMax - 1, Address, "a.example");
        Assert.False(_failures.IsBlocked(Address, "a.example"));

        Note(1, Address, "a.example");
        Assert.True(_failures.IsBlocked(Address, "a.example"));
        Assert.True(_failures.IsBlocked(IPAddress.Parse("::ffff:192.0.2.1"), "a.example"));
        Assert.False(_failures.IsBlocked(Address, "b.example"));
        Assert.False(_failures.IsBlocked(IPAddress.Parse("192.0.2.2"), "a.example"));

        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(_failures.IsBlocked(Address, "a.example"));
    }

    [Fact]
    public void ManyForManyNames_BlockTheAddress()
    {
        for (var i = 0; i < HandshakeFailures.OfAddressMax; i++)
        {
            Assert.False(_failures.IsBlocked(Address, "b.example"));
            Note(1, Address, $"{i}.example");
        }

        Assert.True(_failures.IsBlocked(Address, "b.example"));
        Assert.False(_failures.IsBlocked(IPAddress.Parse("192.0.2.2"), "b.example"));
    }

    [Fact]
    public void AddressesOfOneIPv6Subnet_AreOne()
    {
        for (var i = 0; i < HandshakeFailures.OfComponentMax; i++)
        {
            Note(1, IPAddress.Parse($"2001:db8:0:1::{i}"), "a.example");
        }

        Assert.True(_failures.IsBlocked(IPAddress.Parse("2001:db8:0:1:ffff::1"), "a.example"));
        Assert.False(_failures.IsBlocked(IPAddress.Parse("2001:db8:0:2::1"), "a.example"));
    }

    [Fact]
    public void Table_IsBounded_AndKeepsWhatItHas()
    {
        Note(HandshakeFailures.OfComponentMax, Address, "a.example");
        for (var i = 0; i < HandshakeFailures.EntriesMax; i++)
        {
            Note(1, new IPAddress(i + 1), "a.example");
        }

        Assert.Equal(HandshakeFailures.EntriesMax, _failures.Count);
        Assert.True(_failures.IsBlocked(Address, "a.example"));
    }

    private void Note(int times, IPAddress address, string domain)
    {
        for (var i = 0; i < times; i++)
        {
            _failures.Note(address, domain);
        }
    }
}
