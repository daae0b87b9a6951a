using System.Diagnostics.CodeAnalysis;

namespace Krewe.Contracts.Addressing;

/// <summary>
/// An XMPP address (RFC 7622): <c>[localpart@]domainpart[/resourcepart]</c>, always in its prepared form.
/// Two addresses are equal when their prepared octets are (RFC 7622 §3.3.2, §3.4.2). Never holds an unprepared string.
/// </summary>
[GenerateSerializer, Immutable, Alias("jid")]
public sealed class Jid : IEquatable<Jid>, IComparable<Jid>
{
    [Id(0)]
    private readonly string _bare;

    [Id(1)]
    private readonly string? _resourcepart;

    private Jid(string bare, string? resourcepart)
    {
        _bare = bare;
        _resourcepart = resourcepart;
    }

    /// <summary>The address without resourcepart, as a string; also the key of the user's grains.</summary>
    public string Bare => _bare;

    public string? Localpart => _bare.IndexOf('@') is var at && at > 0 ? _bare[..at] : null;

    public string Domainpart => _bare[(_bare.IndexOf('@') + 1)..];

    public string? Resourcepart => _resourcepart;

    public bool IsBare => _resourcepart is null;

    /// <summary>True for an address that is only a domainpart.</summary>
    public bool IsDomain => _resourcepart is null && !_bare.Contains('@');

    public bool HasLocalpart => _bare.Contains('@');

    public Jid ToBare() => _resourcepart is null ? this : new Jid(_bare, null);

    /// <summary>The same account with a resourcepart that is already prepared (for example one bound before).</summary>
    public Jid WithPreparedResource(string resourcepart) => new(_bare, resourcepart);

    /// <summary>Parses and prepares an address; false when RFC 7622 forbids it.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out Jid? jid)
    {
        jid = null;
        if (string.IsNullOrEmpty(text))
        {
            return false;
        }

        // RFC 7622 §3.2: the first '/' ends the bare part, the first '@' before it ends the localpart.
        var slash = text.IndexOf('/');
        var bare = slash < 0 ? text : text[..slash];
        var at = bare.IndexOf('@');
        string? resource = null, local = null;
        if ((slash >= 0 && !JidEnforcement.TryPrepareResourcepart(text[(slash + 1)..], out resource))
            || (at >= 0 && !JidEnforcement.TryPrepareLocalpart(bare[..at], out local))
            || !JidEnforcement.TryPrepareDomainpart(bare[(at + 1)..], out var domain))
        {
            return false;
        }

        jid = new Jid(local is null ? domain : $"{local}@{domain}", resource);
        return true;
    }

    /// <summary>Parses an address that is known to be valid; throws <see cref="FormatException"/> otherwise.</summary>
    public static Jid Parse(string text) => TryParse(text, out var jid) ? jid : throw new FormatException("not a JID (RFC 7622)");

    public bool Equals(Jid? other) => other is not null && _bare == other._bare && _resourcepart == other._resourcepart;

    public override bool Equals(object? obj) => obj is Jid other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_bare, _resourcepart);

    public int CompareTo(Jid? other) =>
        string.CompareOrdinal(_bare, other?._bare) is var bare && bare != 0 ? bare : string.CompareOrdinal(_resourcepart, other?._resourcepart);

    public override string ToString() => _resourcepart is null ? _bare : $"{_bare}/{_resourcepart}";
}
