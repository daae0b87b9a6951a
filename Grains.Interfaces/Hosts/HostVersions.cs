namespace Krewe.Contracts.Hosts;

/// <summary>Versions that are conditions (RFC 9110 §13.1).</summary>
public static class HostVersions
{
    /// <summary>There must be no such host: <c>If-None-Match: *</c>.</summary>
    public const long None = 0;

    /// <summary>There must be such a host, at whatever version: <c>If-Match: *</c>.</summary>
    public const long Any = -1;

    public static bool IsMet(long? condition, HostDocument present) => condition switch
    {
        null => true,
        Any => present.Json is not null,
        None => present.Json is null,
        var version => present.Json is not null && present.Version == version,
    };
}
