using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;
using System.Xml.Linq;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Components;
using Krewe.Frontend.Delegation;
using Krewe.Frontend.Routing;

namespace Krewe.Tests.Unit.Delegation;

/// <summary>Somebody who asks, and what he is told.</summary>
internal sealed class Requester(string address) : IStanzaSender
{
    private readonly ConcurrentQueue<XElement> _told = new();
    private readonly SemaphoreSlim _came = new(0);

    public Jid Address { get; } = Jid.Parse(address);

    public string Domain => Address.Domainpart;

    public HostedDomain Hosted => throw new NotSupportedException();

    public ReadOnlySpan<byte> FromFull => Encoding.UTF8.GetBytes(Address.ToString());

    public ReadOnlySpan<byte> FromBare => Encoding.UTF8.GetBytes(Address.Bare);

    public ReadOnlySpan<byte> StreamLang => default;

    public ReadOnlySpan<byte> StreamDeclarations => default;

    public IReadOnlyCollection<XElement> Told => _told;

    public bool Enqueue(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second = default, ReadOnlySpan<byte> third = default)
    {
        _told.Enqueue(XElement.Parse(Encoding.UTF8.GetString([.. first, .. second, .. third])));
        _came.Release();
        return true;
    }

    public void CountRefusal(string condition)
    {
    }

    public void LogFailure(Exception e) => throw new InvalidOperationException("failed", e);

    public async Task UntilToldAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            Assert.True(await _came.WaitAsync(Support.Timeouts.Test), $"told {i} of {count} times");
        }
    }

    /// <summary>A connection of which nothing matters but which one it is.</summary>
    public static ComponentStream Connection() => (ComponentStream)RuntimeHelpers.GetUninitializedObject(typeof(ComponentStream));

    public PendingIq Asks(ComponentStream? stream, string id = "q", string host = "verona.example", string asked = "pubsub.verona.example", double seconds = 30) => new()
    {
        Host = host,
        Delegate = asked,
        Stream = stream,
        Generation = 2,
        Requester = this,
        Type = StanzaType.Get,
        Id = id,
        To = null,
        Timeout = TimeSpan.FromSeconds(seconds),
        Counts = new DelegationCounts(host),
    };
}
