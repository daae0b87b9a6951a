namespace Krewe.Contracts.Hosts;

/// <summary>Components of type <c>external</c>: programs of the tenant's (XEP-0114).</summary>
internal sealed class ExternalComponentType() : ComponentType(TypeName, ExternalComponentKeys.All)
{
    public const string TypeName = "external";

    public override object NewDraft(string domain) => new ExternalComponentDraft(domain);

    protected override ComponentSettings Finish(object draft) => ((ExternalComponentDraft)draft).Settings;
}

/// <summary>An external component while its entry is read into it; without a secret at first, which every entry must have.</summary>
internal sealed class ExternalComponentDraft(string domain)
{
    public ExternalComponentSettings Settings { get; set; } = new() { Domain = domain, Secret = "" };
}
