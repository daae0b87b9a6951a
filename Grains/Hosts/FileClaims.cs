using Krewe.Contracts.Addressing;
using System.Collections.Immutable;

namespace Krewe.Grains.Hosts;

/// <summary>
/// Which files of the folder have which component domains: the ordinally first of those that name one has it, unless it is a host with a file of its own.
/// </summary>
internal sealed class FileClaims
{
    private readonly Dictionary<string, string> _owners = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ImmutableArray<string>> _leftOut = new(StringComparer.Ordinal);

    private FileClaims()
    {
    }

    public static FileClaims None { get; } = new();

    /// <summary>What each file names and has not got.</summary>
    public IEnumerable<(string Host, string Domain)> LeftOut => _leftOut.SelectMany(host => host.Value.Select(domain => (host.Key, domain)));

    /// <param name="named">The component domains that the files' documents name, by host.</param>
    public static FileClaims Of(FileListing listing, IReadOnlyDictionary<string, ImmutableArray<string>> named)
    {
        var claims = new FileClaims();
        foreach (var host in named.Keys.Order(OctetOrder.Comparer))
        {
            var leftOut = named[host].Where(domain => listing.Files.ContainsKey(domain) || !claims._owners.TryAdd(domain, host)).ToImmutableArray();
            if (!leftOut.IsEmpty)
            {
                claims._leftOut.Add(host, leftOut);
            }
        }

        return claims;
    }

    /// <summary>The host whose file has the domain as a component.</summary>
    public string? OwnerOf(string domain) => _owners.GetValueOrDefault(domain);

    /// <summary>The domains of components that another file has, or none, in these claims and in the others.</summary>
    public IEnumerable<string> DifferentFrom(FileClaims other) =>
        _owners.Keys.Union(other._owners.Keys, StringComparer.Ordinal).Where(domain => OwnerOf(domain) != other.OwnerOf(domain));
}
