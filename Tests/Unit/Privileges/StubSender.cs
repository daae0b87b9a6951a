using System.Text;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Routing;

namespace Krewe.Tests.Unit.Privileges;

/// <summary>A sender that keeps what it is answered.</summary>
internal sealed class StubSender(string address) : IStanzaSender
{
    private readonly byte[] _address = Encoding.UTF8.GetBytes(address);

    public List<string> Answers { get; } = [];

    public Jid Address { get; } = Jid.Parse(address);

    public string Domain => Address.Domainpart;

    public HostedDomain Hosted => new(HostSettings.Default(Domain), null);

    public ReadOnlySpan<byte> FromFull => _address;

    public ReadOnlySpan<byte> FromBare => _address;

    public ReadOnlySpan<byte> StreamLang => default;

    public ReadOnlySpan<byte> StreamDeclarations => default;

    public bool Enqueue(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second = default, ReadOnlySpan<byte> third = default)
    {
        byte[] whole = [.. first, .. second, .. third];
        Answers.Add(Encoding.UTF8.GetString(whole));
        return true;
    }

    public void CountRefusal(string condition)
    {
    }

    public void LogFailure(Exception e) => throw new InvalidOperationException("failed", e);
}
