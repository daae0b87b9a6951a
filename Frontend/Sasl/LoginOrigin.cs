using System.Net;
using Krewe.Frontend.Listeners;

namespace Krewe.Frontend.Sasl;

/// <summary>Where a stream comes from, as far as that says who it is.</summary>
/// <param name="Address">Null where it is not known.</param>
/// <param name="IsShared">It is a proxy's, in front of any number of people who must not pay for each other.</param>
internal readonly record struct LoginOrigin(IPAddress? Address, bool IsShared)
{
    /// <summary>For counting; null where it is not one customer's.</summary>
    public IPAddress? Block => Address is null ? null : Subnet.Of(Address);
}
