using System.Collections.Immutable;
using Krewe.Contracts.Hosts;

namespace Krewe.Frontend.Http;

/// <summary>A hook that a host's document names.</summary>
/// <param name="Hook">As metrics and logs name it.</param>
/// <param name="Part">As in the log of its calls; empty where there is one only.</param>
/// <param name="Url">As the document has it.</param>
/// <param name="IsInsecure">Its certificate is not verified.</param>
internal sealed record ConfiguredHook(string Hook, string Part, string Url, bool IsInsecure)
{
    private const string Mark = "%s";

    /// <summary>Where it is, without what may be a secret: what stands in the query.</summary>
    public string ShownUrl => Url.Split('?', 2)[0];

    public static ImmutableArray<ConfiguredHook> Of(HostSettings host)
    {
        var hooks = ImmutableArray.CreateBuilder<ConfiguredHook>();
        if (host.HttpRoster is { } roster)
        {
            hooks.Add(new("roster", "", roster.Url, false));
        }

        if (host.HttpAuth is { } passwords && host.Authentication.Contains(HostAuthentication.Http))
        {
            hooks.Add(new("auth", "check_password", $"{passwords.Url.TrimEnd('/')}/check_password", false));
            hooks.Add(new("auth", "user_exists", $"{passwords.Url.TrimEnd('/')}/user_exists", false));
        }

        foreach (var service in host.Components.Values.OfType<MucServiceSettings>())
        {
            if (service.HttpAuth is { } auth)
            {
                hooks.Add(new("muc-auth", service.Domain, auth.Url, auth.IsInsecure));
            }
        }

        foreach (var grant in host.Delegations)
        {
            if (grant.Url is { } url)
            {
                hooks.Add(new("delegation", string.Join(' ', [grant.Namespace, .. grant.Filtering]), url, false));
            }
        }

        return hooks.DrainToImmutable();
    }

    /// <summary>What whoever looks after it should know.</summary>
    /// <param name="isRefused">The URL names an address that the egress policy refuses.</param>
    public ImmutableArray<string> Warnings(bool isRefused)
    {
        var warnings = ImmutableArray.CreateBuilder<string>();
        if (isRefused)
        {
            warnings.Add("The URL names an address that the provider's egress policy refuses: no call is made.");
        }

        if (!Url.StartsWith("https:", StringComparison.OrdinalIgnoreCase))
        {
            warnings.Add("The URL is http: what is asked and answered can be read and changed on the way.");
        }

        if (IsInsecure)
        {
            warnings.Add("The service's certificate is not verified.");
        }

        if (Hook == "roster" && !Url.Contains(Mark, StringComparison.Ordinal))
        {
            warnings.Add("The URL has no %s: every user gets the same roster.");
        }

        return warnings.DrainToImmutable();
    }
}
