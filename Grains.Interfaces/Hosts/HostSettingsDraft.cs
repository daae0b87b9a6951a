using System.Collections.Immutable;

namespace Krewe.Contracts.Hosts;

/// <summary>The settings while a document is read into them.</summary>
internal sealed class HostSettingsDraft(string domain, long version)
{
    public HostSettings Settings { get; set; } = HostSettings.Default(domain) with { Version = version };

    /// <summary>Collected apart, because the keys may come before the URL, or without one.</summary>
    public HttpRosterSettings HttpRoster { get; set; } = HttpRosterSettings.Default;

    public HttpAuthSettings HttpAuth { get; set; } = HttpAuthSettings.Default;

    public JwtSettings Jwt { get; set; } = JwtSettings.Default;

    /// <summary>The document itself and what it inherits from.</summary>
    public ImmutableArray<SettingLayer> Layers { get; init; } = [];

    public Dictionary<string, ComponentSettings> Components { get; } = new(StringComparer.Ordinal);

    /// <summary>Where an entity is given leave to change rosters.</summary>
    public List<string> RosterWriters { get; } = [];

    /// <summary>Adds what is wrong between keys, once all are read.</summary>
    public void Check(DocumentProblems problems)
    {
        foreach (var path in HttpRoster.Url.Length > 0 ? RosterWriters : [])
        {
            problems.Add(path, "must be \"none\" or \"get\" together with \"http_roster_url\", which alone says what the rosters are");
        }

        AuthenticationKeys.Check(this, problems);
    }

    public HostSettings ToSettings()
    {
        var settings = HttpRoster.Url.Length > 0 ? Settings with { HttpRoster = HttpRoster } : Settings;
        settings = HttpAuth.Url.Length > 0 ? settings with { HttpAuth = HttpAuth } : settings;
        settings = Jwt.HasKeys ? settings with { Jwt = Jwt } : settings;
        return Components.Count > 0 ? settings with { Components = Components.ToImmutableDictionary() } : settings;
    }
}
