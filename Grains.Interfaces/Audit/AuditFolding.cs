namespace Krewe.Contracts.Audit;

/// <summary>Which entries of an audit log become one entry with a count, so that whoever is refused again and again does not fill it. Changes never do.</summary>
public static class AuditFolding
{
    /// <summary>What happens later than this after the first is an entry of its own again.</summary>
    public static readonly TimeSpan Within = TimeSpan.FromHours(1);

    public static bool Folds(AuditEntry entry) => entry.Kind != AuditKind.Change;

    /// <summary>What entries have in common that become one. Not the values: of many accounts that were tried, the last is told.</summary>
    public static (AuditKind Kind, string? Who, string? From, string What, int Status, string? Tenant) KeyOf(AuditEntry entry) =>
        (entry.Kind, entry.Who, entry.From, entry.What, entry.Status, entry.Tenant);

    /// <summary>One entry of two that have the key in common.</summary>
    public static AuditEntry Join(AuditEntry first, AuditEntry later) => first with
    {
        Count = first.Count + later.Count,
        LastAt = later.LastAt ?? later.At,
        Values = later.Values,
        RequestId = later.RequestId,
    };
}
