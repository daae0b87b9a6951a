namespace Krewe.Contracts.Hosts;

/// <summary>
/// Which host has a domain as a component, so that no domain is a host or a component twice. Key: the prepared domain. What it says of a host it checks with
/// that host: a claim that was left behind binds nobody.
/// </summary>
/// <remarks>It calls host grains, by methods that are served during their changes; host grains call it only from their changes.</remarks>
[Alias("domain")]
public interface IDomainGrain : IGrainWithStringKey
{
    /// <summary>The host whose component the domain is; null when it is nobody's component. A file's claim goes before one that was made through the API.</summary>
    [Alias("owner")]
    Task<string?> OwnerAsync();

    /// <summary>The host that claimed the domain through the API last, whether or not the claim still holds.</summary>
    [Alias("claimant")]
    Task<string?> ClaimantAsync();

    /// <summary>Claims the domain for a component of a host; false when it is a host itself, or another's component. On disk when it returns.</summary>
    [Alias("claim")]
    Task<bool> ClaimAsync(string host);

    /// <summary>Gives the domain back, if it is the host's.</summary>
    [Alias("release")]
    Task ReleaseAsync(string host);
}
