using System.Text;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;

namespace Krewe.Frontend.Delegation.ClientMode;

/// <summary>A namespace that a user has let a component answer (XEP-0355 §5.1).</summary>
/// <param name="User">Whose requests, and requests about whom, go to the component; bare.</param>
/// <param name="Component">Its domain.</param>
/// <param name="Session">The session that it lasts for; null for one that the user wants kept (XEP-0355 §8).</param>
internal sealed record ClientGrant(Jid User, string Component, string Namespace, long? Session)
{
    private readonly byte[] _namespace = Encoding.UTF8.GetBytes(Namespace);

    /// <summary>As the forwarding of requests takes it.</summary>
    public DelegationGrant Grant { get; } = new() { Namespace = Namespace, Entity = Jid.Parse(Component) };

    public bool IsFor(ReadOnlySpan<byte> name) => name.SequenceEqual(_namespace);

    public bool Equals(ClientGrant? other) =>
        other is not null && User.Equals(other.User) && (Component, Namespace, Session) == (other.Component, other.Namespace, other.Session);

    public override int GetHashCode() => HashCode.Combine(User, Component, Namespace, Session);
}
