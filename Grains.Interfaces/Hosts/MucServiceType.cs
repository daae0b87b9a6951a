namespace Krewe.Contracts.Hosts;

/// <summary>Components of type <c>muc</c>: room services (XEP-0045).</summary>
internal sealed class MucServiceType() : ComponentType(TypeName, MucServiceKeys.All)
{
    public const string TypeName = "muc";

    public override object NewDraft(string domain) => new MucServiceDraft(domain);

    protected override ComponentSettings Finish(object draft) => ((MucServiceDraft)draft).ToSettings();
}

/// <summary>A room service while its entry is read into it.</summary>
internal sealed class MucServiceDraft(string domain)
{
    /// <summary>The values that hold where an entry names none; without a URL.</summary>
    public static readonly MucHttpAuthSettings NoHttpAuth = new() { Url = "" };

    public MucServiceSettings Settings { get; set; } = new() { Domain = domain };

    /// <summary>Collected apart, because the keys may come before the URL, or without one.</summary>
    public MucHttpAuthSettings HttpAuth { get; set; } = NoHttpAuth;

    public MucServiceSettings ToSettings() => HttpAuth.Url.Length > 0 ? Settings with { HttpAuth = HttpAuth } : Settings;
}
