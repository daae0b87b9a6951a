using System.Net;
using Krewe.Frontend.Listeners;

namespace Krewe.Frontend.Components;

/// <summary>
/// How often a network address has failed to prove a secret of late (specs C-006): so often in a minute, and nothing that it says is looked at for the rest of it.
/// A component that is configured wrongly and tries again and again shuts out nobody else behind its address, unless many are.
/// </summary>
internal sealed class HandshakeFailures(TimeProvider time)
{
    /// <summary>For one component's name.</summary>
    public const int OfComponentMax = 10;

    /// <summary>For all names together.</summary>
    public const int OfAddressMax = 100;

    /// <summary>Addresses and names that are counted; further ones are not, until the minute is over.</summary>
    public const int EntriesMax = 8192;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<(IPAddress Address, string Domain), int> _counts = [];
    private long _began = time.GetTimestamp();

    /// <summary>Addresses and names that are counted at the moment.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _counts.Count;
            }
        }
    }

    public bool IsBlocked(IPAddress address, string domain)
    {
        address = Subnet.Of(address);
        lock (_gate)
        {
            ForgetOld();
            return _counts.GetValueOrDefault((address, domain)) >= OfComponentMax || _counts.GetValueOrDefault((address, "")) >= OfAddressMax;
        }
    }

    public void Note(IPAddress address, string domain)
    {
        address = Subnet.Of(address);
        lock (_gate)
        {
            ForgetOld();
            Increment((address, domain));
            Increment((address, ""));
        }
    }

    private void Increment((IPAddress Address, string Domain) key)
    {
        var count = _counts.GetValueOrDefault(key);
        if (count > 0 || _counts.Count < EntriesMax)
        {
            _counts[key] = count + 1;
        }
    }

    private void ForgetOld()
    {
        if (time.GetElapsedTime(_began) >= Window)
        {
            _counts.Clear();
            _began = time.GetTimestamp();
        }
    }
}
